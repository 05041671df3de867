import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startAdminServer } from '../admin-fixture.ts'
import { auditOf } from '../configure.ts'
import { assertRefused, refusalEvent } from '../refusals.ts'

const server = await startAdminServer({ after })
const { call, clock } = server
const grant = { grant_type: 'client_credentials' }

const token = (client: string, form: Readonly<Record<string, string>> = {}): Promise<Response> =>
  server.post('/oauth2/token', { ...grant, ...form }, server.basic(client))

const limitClient = async (client: string, tokenRateLimit: object | null): Promise<void> => {
  const { status, text } = await call('updateClient', { client }, { input: { tokenRateLimit } })
  assert.equal(status, 200, text)
}

const statusesOf = async (client: string, times: number): Promise<readonly number[]> => {
  const statuses: number[] = []
  for (let time = 0; time < times; time += 1) statuses.push((await token(client)).status)
  return statuses
}

/** Time in which every limit of these tests is whole again, and the next block another event. */
const rest = (): void => clock.advance(3_600_000)

test('SEC-187: of 200 tokens that a client of 10 a second asks for 10 and what came back are issued, the rest get 429', async () => {
  await limitClient('cb', { perSecond: 10 })
  const [issued, blocked] = [
    (await auditOf(server.store, { client: 'cb', types: ['token.issued'] })).length,
    await server.store.audit.newest(),
  ]
  const began = clock.elapsed()
  const answers = await Promise.all(Array.from({ length: 200 }, () => token('cb')))
  const seconds = (clock.elapsed() - began) / 1000
  const good = answers.filter(({ status }) => status === 200).length
  const refused = answers.filter(({ status }) => status !== 200)
  assert.ok(good >= 10 && good <= 10 + Math.ceil(10 * seconds), `${good} in ${seconds} s`)
  for (const answer of refused) {
    await assertRefused(answer.clone(), 429, 'temporarily_unavailable')
    assert.equal(answer.headers.get('retry-after'), '1')
  }
  assert.deepEqual(
    (await statusesOf('cx', 30)).filter((status) => status !== 200),
    [],
  )

  // One event for all that were refused, and their answers name it.
  const { events } = await server.store.audit.follow({ types: ['token.limited'] }, blocked, 10)
  assert.equal(events.length, 1)
  const event = await refusalEvent(server, refused[0] as Response)
  assert.deepEqual(
    [event.type, event.client, event.check, event.expected],
    ['token.limited', 'cb', 'token-rate', '10, and 1 more every 0.1 s'],
  )
  assert.equal(new Set(refused.map(({ headers }) => headers.get('mintmark-reference'))).size, 1)
  const metrics = await (await fetch(`${server.adminUrl}/metrics`)).text()
  assert.match(metrics, new RegExp(`^mintmark_limited_total{limit="token-rate"} ${refused.length}$`, 'm'))
  assert.match(metrics, /^mintmark_limit_blocks_total{limit="token-rate"} 1$/m)
  assert.equal((await auditOf(server.store, { client: 'cb', types: ['token.issued'] })).length, issued + good)
  rest()
  assert.equal((await token('cb')).status, 200)
})

test('a limit below one a second is kept, and Retry-After says when the next token is there', async () => {
  await limitClient('cp', { perSecond: 0.01, burst: 2 })
  const ask = (): Promise<Response> =>
    server.post('/oauth2/token', { ...grant, client_id: 'cp', client_secret: server.secrets.cp ?? '' })
  assert.equal((await ask()).status, 200)
  assert.equal((await ask()).status, 200)
  const refused = await ask()
  await assertRefused(refused.clone(), 429, 'temporarily_unavailable')
  const after = Number(refused.headers.get('retry-after'))
  assert.ok(Number.isInteger(after) && after > 90 && after <= 100, `${after}`)
  clock.advance(after * 1000)
  assert.equal((await ask()).status, 200)
  assert.equal((await ask()).status, 429)
})

test('a request that is refused for another reason takes nothing from the limit', async () => {
  await limitClient('cx', { perSecond: 0.01 })
  for (let time = 0; time < 5; time += 1) assert.equal((await token('cx', { scope: 'none' })).status, 400)
  assert.deepEqual(await statusesOf('cx', 2), [200, 429])
  rest()
})

test('the limit of the workspace is one for each client that has none of its own', async () => {
  await limitClient('cb', { perSecond: 0.01, burst: 3 })
  await limitClient('cx', null)
  const before = await call('showWorkspace', {})
  assert.equal((before.body as { tokenRateLimit?: unknown }).tokenRateLimit, undefined)
  const { status, text } = await call('updateWorkspace', {}, { input: { tokenRateLimit: { perSecond: 0.01 } } })
  assert.equal(status, 200, text)
  rest()
  assert.deepEqual(await statusesOf('cb', 4), [200, 200, 200, 429])
  assert.deepEqual(await statusesOf('cx', 2), [200, 429])
  await call('updateWorkspace', {}, { input: { tokenRateLimit: null } })
  assert.deepEqual(await statusesOf('cx', 3), [200, 200, 200])
  rest()
})

test('a limit that was changed holds at once, and is shown', async () => {
  await limitClient('cb', { perSecond: 0.01, burst: 1 })
  assert.deepEqual(await statusesOf('cb', 2), [200, 429])
  await limitClient('cb', { perSecond: 0.01, burst: 3 })
  assert.deepEqual(await statusesOf('cb', 3), [200, 200, 429])
  const { body } = await call('showClient', { client: 'cb' })
  assert.deepEqual((body as { tokenRateLimit?: unknown }).tokenRateLimit, { perSecond: 0.01, burst: 3 })
  await limitClient('cb', null)
  assert.deepEqual(await statusesOf('cb', 3), [200, 200, 200])
  assert.equal((await call('showClient', { client: 'cb' })).text.includes('tokenRateLimit'), false)
})

test('a document declares limits, and an export has them', async () => {
  const at = { workspace: 'declared' }
  const document = {
    workspace: 'declared',
    settings: { tokenRateLimit: { perSecond: 50 } },
    apis: {},
    clients: { batch: { tokenRateLimit: { perSecond: 0.5, burst: 20 } }, other: {} },
  }
  const applied = await call('applyDocument', at, { input: { document } })
  assert.equal(applied.status, 200, applied.text)
  const { body } = await call('exportDocument', at)
  assert.deepEqual(body.settings?.tokenRateLimit, { perSecond: 50 })
  assert.deepEqual(body.clients?.batch?.tokenRateLimit, { perSecond: 0.5, burst: 20 })
  assert.equal(body.clients?.other?.tokenRateLimit, undefined)
  const again = await call('planDocument', at, { input: { document } })
  assert.deepEqual(again.body.changes, [])
  const without = { ...document, settings: {}, clients: { batch: {}, other: {} } }
  assert.equal((await call('applyDocument', at, { input: { document: without } })).status, 200)
  assert.equal((await call('exportDocument', at)).text.includes('tokenRateLimit'), false)
})

test('introspection and revocation know no limit of tokens', async () => {
  await limitClient('cb', { perSecond: 0.01 })
  rest()
  const answer = await token('cb')
  const { access_token } = (await answer.json()) as { access_token: string }
  for (let time = 0; time < 5; time += 1) {
    const seen = await server.post('/oauth2/introspect', { token: access_token }, server.basic('cb'))
    assert.equal(((await seen.json()) as { active: boolean }).active, true)
  }
  assert.equal((await server.post('/oauth2/revoke', { token: access_token }, server.basic('cb'))).status, 200)
})

test('what is no limit is refused, and administration has none', async () => {
  for (const tokenRateLimit of [
    { perSecond: 0 },
    { perSecond: -1 },
    { perSecond: '10' },
    { perSecond: 10, burst: 0 },
    { perSecond: 10, burst: 1.5 },
    { burst: 5 },
    { perSecond: 10, per: 'minute' },
    10,
  ]) {
    const { status } = await call('updateClient', { client: 'cb' }, { input: { tokenRateLimit } })
    assert.equal(status, 400, JSON.stringify(tokenRateLimit))
  }
  const system = { tenant: 'system', workspace: 'admin' }
  const input = { tokenRateLimit: { perSecond: 10 } }
  for (const refused of [
    await call('updateWorkspace', system, { input }),
    await call('updateClient', { ...system, client: 'cli' }, { input }),
  ]) {
    assert.equal(refused.status, 400)
    assert.match(refused.text, /could lock you out/)
  }
})
