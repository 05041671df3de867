/**
 * Rotates the secret of one client again and again, completing and cancelling in turn, and prints a line after each commit, until
 * it is killed.
 *
 *   node rotating-process.ts DATABASE CLIENT
 */
import { createSystemRandom } from '../../src/lib/random.ts'
import { createChangeSets } from '../../src/registry/change-set.ts'
import { cancelRotation, completeRotation, startRotation } from '../../src/registry/rotation.ts'
import { newCredential } from '../../src/registry/steps.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'

const [file = '', client = ''] = process.argv.slice(2)
const store = await openSqlite(file)
const random = createSystemRandom()
const offered = () => ({
  capabilities: ['client_credentials'],
  authenticationMethods: ['client_secret_basic', 'client_secret_post'],
  tokenFormats: ['jwt', 'opaque'],
  algorithms: ['ES256'],
  endpoints: [],
})
const changeSets = createChangeSets({ store, offered, clock: { now: () => Date.now() }, random })
const hashSecret = (): Promise<string> => Promise.reject(new Error('no secret is chosen here'))

for (let count = 0; ; count += 1) {
  const fresh = await newCredential(client, { type: 'generated' }, { random, hashSecret })
  const end = count % 2 === 0 ? completeRotation(client) : cancelRotation(client)
  for (const steps of [startRotation({ client, fresh, overlap: 3600 }), end]) {
    await changeSets.commit({ workspace: 'acme/cases', steps, actor: 'test', note: 'rotation' })
    process.stdout.write('committed\n')
  }
}
