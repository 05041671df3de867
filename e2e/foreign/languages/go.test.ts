import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { cache, folder, run, testLanguage } from './language.ts'

await testLanguage({
  name: 'Go',
  needs: ['go', 'version'],
  clients: ['golang.org/x/oauth2'],
  verifiers: {
    'go-oidc, told the algorithm': ['ES256', 'RS256', 'PS256', 'EdDSA'],
    'go-oidc, told the audience only': ['ES256', 'RS256', 'PS256', 'EdDSA'],
  },
  prepare: async () => {
    const program = join(cache, 'go-stranger')
    mkdirSync(cache, { recursive: true })
    await run('go', ['build', '-o', program, '.'], { cwd: join(folder, 'go') })
    return [program]
  },
  trusting: async (file) => ({ SSL_CERT_FILE: file }),
})
