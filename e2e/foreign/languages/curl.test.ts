import { join } from 'node:path'
import { folder, testLanguage } from './language.ts'

await testLanguage({
  name: 'Bash',
  needs: ['curl', '--version'],
  clients: ['curl'],
  verifiers: { 'curl, introspection': ['ES256', 'RS256', 'PS256', 'EdDSA', 'opaque'] },
  prepare: async () => ['bash', join(folder, 'curl/stranger.sh')],
  trusting: async (file) => ({ CURL_CA_BUNDLE: file }),
})
