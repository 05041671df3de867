import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cache, folder, run, testLanguage } from './language.ts'

const requirements = join(folder, 'python/requirements.txt')

/** The pinned packages and no others, installed once for each content of the requirements. */
const packages = async (): Promise<string> => {
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16)
  const target = join(cache, `python-${digest}`)
  if (existsSync(target)) return target
  const partial = `${target}.partial`
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { recursive: true })
  const quietly = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:']
  await run('python3', ['-m', 'pip', 'install', ...quietly, '--target', partial, '-r', requirements])
  renameSync(partial, target)
  return target
}

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
