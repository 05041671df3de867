import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { cache, folder, run, testLanguage } from './language.ts'

const pom = join(folder, 'java/pom.xml')

/** The pinned libraries and what they need, fetched by Maven once for each content of the pom. */
const libraries = async (): Promise<string> => {
  const digest = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 16)
  const target = join(cache, `java-${digest}`)
  if (existsSync(target)) return target
  const partial = `${target}.partial`
  rmSync(partial, { recursive: true, force: true })
  const quietly = ['--quiet', '--batch-mode', '--no-transfer-progress', '--strict-checksums']
  const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${partial}`]
  await run('mvn', [...quietly, '--file', pom, ...copy])
  renameSync(partial, target)
  return target
}

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
