import { join } from 'node:path'
import { filledOnce, folder, run, testLanguage } from './language.ts'

const requirements = join(folder, 'python/requirements.txt')

/** The pinned packages and no others. */
const packages = () =>
  filledOnce('python', requirements, (target) => {
    const quietly = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:']
    return run('python3', ['-m', 'pip', 'install', ...quietly, '--target', target, '-r', requirements])
  })

await testLanguage({
  name: 'Python',
  needs: ['python3', '--version'],
  clients: ['Authlib', 'requests-oauthlib'],
  verifiers: {
    PyJWT: ['ES256', 'RS256', 'PS256', 'EdDSA'],
    Authlib: ['ES256', 'RS256'],
    'Authlib, introspection': ['ES256', 'RS256', 'opaque'],
  },
  prepare: async () => {
    const path = await packages()
    // oauthlib, like msal-node, speaks http only when it is told to.
    return ['env', `PYTHONPATH=${path}`, 'OAUTHLIB_INSECURE_TRANSPORT=1', 'python3', join(folder, 'python/stranger.py')]
  },
  trusting: async (file) => ({ REQUESTS_CA_BUNDLE: file }),
})
