import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import { capabilities } from '../src/domain/capability.ts'
import { createSystemRandom } from '../src/lib/random.ts'
import { readCredentialBody } from '../src/registry/bodies.ts'
import { foundWorkspace } from '../src/registry/bootstrap.ts'
import { createChangeSets } from '../src/registry/change-set.ts'
import { type ClientKey, readClientKey } from '../src/registry/client-key.ts'
import { createRollKey, type RollKey } from '../src/registry/roll-key.ts'
import type { Store } from '../src/store/store.ts'
import { engines } from './store-contract/engines.ts'

// Two nodes over one store: neither knows of the other, and what is decided is decided by the store.

const workspace = 'acme/race'
const trials = 100
const random = createSystemRandom()
const clock = { now: () => Date.now() }
const offered = () => ({
  capabilities: capabilities.map(({ name }) => name),
  authenticationMethods: ['private_key_jwt'],
  tokenFormats: [],
  algorithms: [],
  endpoints: [],
})

const newKey = (): ClientKey => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = readClientKey(publicKey.export({ format: 'jwk' }) as Record<string, unknown>)
  assert.ok(!('wrong' in key))
  return key
}

const nodeOver = (store: Store): RollKey =>
  createRollKey({ changeSets: createChangeSets({ store, offered, clock, random }), random })

for (const engine of engines) {
  describe(`${engine.name}: two nodes are asked to roll one key over at one moment`, () => {
    const run = async (context: { after: (work: () => Promise<void>) => void }, sameSuccessor: boolean) => {
      const place = await engine.createPlace()
      const store = await place.open()
      // SQLite has one process, and in it two that do not know of each other.
      const other = engine.name === 'sqlite' ? store : await place.open()
      context.after(async () => {
        await store.close()
        if (other !== store) await other.close()
        await place.remove()
      })
      const clients = Array.from({ length: trials }, (_, index) => `client-${index}`)
      const client = { capabilities: ['key_rollover'], authenticationMethods: ['private_key_jwt'] }
      const founding = {
        workspace,
        settings: {},
        apis: {},
        clients: Object.fromEntries(clients.map((id) => [id, client])),
        publicKeys: Object.fromEntries(clients.map((id) => [id, newKey()])),
        note: 'race',
      } as const
      await foundWorkspace(founding, { store, clock, random })
      const nodes = [nodeOver(store), nodeOver(other)] as const
      const keysOf = async (id: string) => {
        const found = await store.configuration.readClient(workspace, id)
        return (found?.credentials ?? []).map((entity) => readCredentialBody(entity.id, entity.body))
      }
      const outcomes: (readonly string[])[] = []
      for (const id of clients) {
        const [present] = await keysOf(id)
        const [one, competitor] = [newKey(), newKey()]
        const successors = sameSuccessor ? [one, one] : [one, competitor]
        const decisions = await Promise.all(
          nodes.map((rollKey, index) =>
            rollKey({
              workspace,
              client: id,
              signer: present?.id ?? '',
              next: successors[index] ?? one,
              address: '192.0.2.1',
            }),
          ),
        )
        outcomes.push(decisions.map(({ outcome }) => outcome).toSorted())
        const keys = await keysOf(id)
        assert.equal(keys.length, 2)
        for (const { frozen } of keys) assert.equal(frozen === undefined, sameSuccessor)
      }
      return outcomes
    }

    test('for two successors: one is taken and then everything is frozen, a hundred times', async (context) => {
      const outcomes = await run(context, false)
      for (const each of outcomes) assert.deepEqual(each, ['frozen', 'rolled'])
    })

    test('for the same successor: it is taken once, and nothing is frozen, a hundred times', async (context) => {
      const outcomes = await run(context, true)
      for (const each of outcomes) assert.deepEqual(each, ['repeated', 'rolled'])
    })
  })
}
