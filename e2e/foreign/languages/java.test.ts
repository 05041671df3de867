import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { cache, filledOnce, folder, run, testLanguage } from './language.ts'

const pom = join(folder, 'java/pom.xml')

/** The pinned libraries and what they need. */
const libraries = () =>
  filledOnce('java', pom, (target) => {
    const quietly = ['--quiet', '--batch-mode', '--no-transfer-progress', '--strict-checksums']
    const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${target}`]
    return run('mvn', [...quietly, '--file', pom, ...copy])
  })

await testLanguage({
  name: 'Java',
  needs: ['mvn', '--batch-mode', '--version'],
  clients: ['Nimbus', 'Spring Security'],
  verifiers: {
    Nimbus: ['ES256', 'RS256', 'PS256'],
    'Nimbus, introspection': ['ES256', 'RS256', 'opaque'],
    'Spring Security': ['ES256', 'RS256', 'PS256'],
    'Spring Security, introspection': ['ES256', 'RS256', 'opaque'],
  },
  prepare: async () => ['java', '--class-path', `${await libraries()}/*`, join(folder, 'java/Stranger.java')],
  trusting: async (file) => {
    mkdirSync(cache, { recursive: true })
    const directory = mkdtempSync(join(cache, 'trust-'))
    after(() => rmSync(directory, { recursive: true, force: true }))
    const store = join(directory, 'store.p12')
    const entry = ['-alias', 'mintmark', '-file', file, '-keystore', store, '-storepass', 'changeit']
    await run('keytool', ['-importcert', '-noprompt', ...entry])
    return {
      JDK_JAVA_OPTIONS: `-Djavax.net.ssl.trustStore=${store} -Djavax.net.ssl.trustStorePassword=changeit`,
    }
  },
})
