import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { auditOf, change } from '../configure.ts'
import { type Node, startNodes } from './nodes.ts'
import { sharedPostgres } from './postgres-server.ts'
import { migratedDatabase } from './test-store.ts'

const { createDatabase } = await sharedPostgres()
const { url, drop } = await createDatabase(await migratedDatabase())
// Long enough that nothing comes back while the tests run.
const { nodes, secrets } = await startNodes({ after }, url, {
  failureLimit: '5',
  failedClientLimit: '20',
  failureTime: '86400',
})
after(drop)
const [a, b] = nodes
const clock = { ...a.clock, elapsed: () => performance.now(), advance: () => {}, jump: () => {} }
const atA = { store: a.store, clock, workspace: 'acme/cases' as const }
const grant = { grant_type: 'client_credentials' }

const ask = (node: Node, client: string, secret?: string): Promise<Response> =>
  node.post('/oauth2/token', grant, node.basic(client, secret))

const status = async (node: Node, client: string, secret?: string): Promise<number> =>
  (await ask(node, client, secret)).status

const askPost = (node: Node): Promise<Response> =>
  node.post('/oauth2/token', { ...grant, client_id: 'cp', client_secret: secrets.cp ?? '' })

/** Resolves when the other node refuses a client, having heard of it; what it is asked in the meantime fails in no way that counts. */
const untilBlocked = async (node: Node, client: string): Promise<Response> => {
  for (let time = 0; time < 500; time += 1) {
    const response = await ask(node, client)
    if (response.status === 429) return response
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return assert.fail('the other node never heard of the block')
}

test('REL-026: a client that is blocked at one node is blocked at all, by one event', async () => {
  for (let time = 0; time < 5; time += 1) assert.equal(await status(a, 'cb', 'wrong'), 401)
  assert.equal(await status(b, 'cb'), 200)
  const first = await ask(a, 'cb', 'wrong')
  assert.equal(first.status, 429)
  const there = await untilBlocked(b, 'cb')
  assert.equal(there.headers.get('mintmark-reference'), first.headers.get('mintmark-reference'))
  assert.equal(await status(b, 'cx'), 200)
  const events = await auditOf(a.store, { client: 'cb', types: ['client-authentication.blocked'] })
  assert.equal(events.length, 1)
})

test('REL-026: guesses spread over the nodes come to no more than the limit of each', async () => {
  const tried = { a: 0, b: 0 }
  for (let time = 0; time < 40; time += 1) {
    if ((await status(a, 'cx', 'wrong')) === 401) tried.a += 1
    if ((await status(b, 'cx', 'wrong')) === 401) tried.b += 1
  }
  assert.ok(tried.a === 5 && tried.b <= 5, `${tried.a} and ${tried.b}`)
  assert.deepEqual([await status(a, 'cx'), (await untilBlocked(b, 'cx')).status], [429, 429])
})

test('REL-026: tokens are limited by each node for itself: about the limit by a node', async () => {
  await change(atA, 'client', 'cp', { tokenRateLimit: { perSecond: 0.01, burst: 10 } })
  const issued = await Promise.all(
    nodes.map(async (node) => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => askPost(node)))
      return answers.filter((answer) => answer.status === 200).length
    }),
  )
  assert.deepEqual(issued, [10, 10])
})

test('REL-026: an address that goes through many clients is blocked at all nodes', async () => {
  const heard = new Promise<void>((resolve) => {
    const end = b.store.subscribe((told) => {
      if (told.about !== 'block' || told.key !== '127.0.0.1') return
      end()
      resolve()
    })
  })
  for (let client = 0; (await status(a, `guess-${client}`, 'wrong')) === 401; client += 1) assert.ok(client < 30)
  await heard
  assert.equal((await b.post('/oauth2/introspect', { token: 'x' }, b.basic('rsA'))).status, 429)
})
