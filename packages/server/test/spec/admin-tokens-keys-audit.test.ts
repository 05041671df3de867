import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startAdminServer } from '../admin-fixture.ts'

const server = await startAdminServer({ after })
const { call } = server

const inspect = async (token: string) => (await call('inspectToken', {}, { input: { token } })).body
const wrongSecret = () =>
  server.post('/oauth2/token', { grant_type: 'client_credentials' }, server.basic('cb', 'wrong'))

test('a token of either format is explained, alive and dead', async () => {
  for (const token of [await server.token('cb'), await server.token('cx', { scope: 'b:read' })]) {
    const alive = await inspect(token)
    assert.equal(alive.active, true)
    assert.equal(alive.claims?.iss, server.issuer)
    assert.ok(alive.kid)
    assert.ok(String(alive.claims?.jti).startsWith(`${alive.credential}.`))
  }
  assert.deepEqual(await inspect('garbage'), { active: false, reason: 'authentic' })
  const foreign = await server.adminToken()
  assert.equal((await inspect(foreign)).active, false)
})

test('one token, a credential’s, a client’s, a workspace’s tokens are revoked, and later ones live', async () => {
  const { body: secrets } = await call('listSecrets', { client: 'cb' })
  const credential = secrets.items[0]?.id ?? ''
  const cases = [
    [(token: string) => ({ token }), 'token'],
    [() => ({ client: 'cb', credential }), 'credential'],
    [() => ({ client: 'cb' }), 'client'],
    [() => ({ workspace: true }), 'workspace'],
  ] as const
  for (const [input, subject] of cases) {
    const token = await server.token('cb')
    const other = await server.token('cx', { scope: 'b:read' })
    const reply = await call('revokeTokens', {}, { input: input(token) })
    assert.equal(reply.status, 200, reply.text)
    assert.equal(reply.body.subject, subject)
    assert.equal((await inspect(token)).reason, 'not-revoked')
    assert.equal((await inspect(other)).active, subject !== 'workspace')
    assert.equal((await inspect(await server.token('cb'))).active, true)
  }
})

test('tokens issued before a time are revoked, and those of that time and later live', async () => {
  const early = await server.token('cb')
  server.clock.advance(10_000)
  const before = new Date(Math.floor(server.clock.now() / 1000) * 1000).toISOString()
  const late = await server.token('cb')
  const reply = await call('revokeTokens', {}, { input: { client: 'cb', issuedBefore: before } })
  assert.equal(reply.body.issuedUntil, new Date(Date.parse(before) - 1000).toISOString())
  assert.deepEqual([(await inspect(early)).active, (await inspect(late)).active], [false, true])
})

test('what is no token of the workspace is not revoked, and a mixture of subjects is refused', async () => {
  assert.equal((await call('revokeTokens', {}, { input: { token: 'garbage' } })).status, 404)
  for (const input of [{}, { workspace: false }, { client: 'cb', jti: 'x' }, { credential: 'x' }, { token: '' }]) {
    assert.equal((await call('revokeTokens', {}, { input })).status, 400, JSON.stringify(input))
  }
  assert.equal((await call('revokeTokens', { workspace: 'none' }, { input: { jti: 'x' } })).status, 404)
})

test('keys are listed without their private parts, rotated, and given up', async () => {
  const token = await server.token('cb')
  await server.token('cx', { scope: 'b:read' })
  const listed = await call('listKeys')
  assert.deepEqual(listed.body.items.map(({ algorithm, state }) => `${algorithm} ${state}`).sort(), [
    'A256GCM active',
    'ES256 active',
  ])
  assert.doesNotMatch(listed.text, /rivate|"d"|sealed/)
  const rotated = await call('rotateKey', {}, { input: { algorithm: 'ES256' } })
  assert.deepEqual(
    rotated.body.items
      .filter(({ algorithm }) => algorithm === 'ES256')
      .map(({ state }) => state)
      .sort(),
    ['active', 'announced'],
  )
  assert.equal((await inspect(token)).active, true)
  const { kid = '' } = await inspect(token)
  const gone = await call('compromiseKey', { kid })
  assert.equal(gone.status, 200, gone.text)
  assert.equal(gone.body.items.find((key) => key.kid === kid)?.state, 'gone')
  assert.equal((await inspect(token)).active, false)
  assert.equal((await inspect(await server.token('cb'))).active, true)
  assert.equal((await call('compromiseKey', { kid: 'none' })).status, 404)
  assert.equal((await call('rotateKey', {}, { input: { algorithm: 'none' } })).status, 400)
  assert.equal((await call('listKeys', { workspace: 'none' })).status, 404)
})

test('audit events are listed newest first, filtered, page after page', async () => {
  for (let count = 0; count < 5; count += 1) await wrongSecret()
  const query = { type: 'token.refused', client: 'cb', limit: 2 }
  const first = await call('listAuditEvents', {}, { query })
  assert.equal(first.body.items.length, 2)
  assert.ok((first.body.items[0]?.sequence ?? 0) > (first.body.items[1]?.sequence ?? 0))
  const second = await call('listAuditEvents', {}, { query: { ...query, after: first.body.next ?? '' } })
  assert.ok((second.body.items[0]?.sequence ?? 0) < (first.body.items[1]?.sequence ?? 0))
  const other = await call('listAuditEvents', {}, { query: { ...query, client: 'cp', after: first.body.next ?? '' } })
  assert.equal(other.status, 400)
  const all = await call('listAuditEvents', {}, { query: { type: 'token.' } })
  assert.deepEqual([...new Set(all.body.items.map(({ type }) => type))].sort(), [
    'token.issued',
    'token.refused',
    'token.revoked',
  ])
  const since = new Date(server.clock.now() + 60_000).toISOString()
  assert.deepEqual((await call('listAuditEvents', {}, { query: { since } })).body.items, [])
  assert.equal((await call('listAuditEvents', {}, { query: { since: 'yesterday' } })).status, 400)
  const none = await call('listAuditEvents', {}, { query: { workspace: "acme/cases' OR '1'='1" } })
  assert.deepEqual(none.body.items, [])
})

test('audit events are followed: whoever waits is answered when one comes, or when the wait is over', async () => {
  const start = await call('followAuditEvents', {}, { query: { type: 'token.refused' } })
  assert.deepEqual(start.body.items, [])
  const { position } = start.body
  const waiting = call('followAuditEvents', {}, { query: { type: 'token.refused', position, wait: 20 } })
  await wrongSecret()
  const { body } = await waiting
  assert.deepEqual(
    body.items.map(({ type }) => type),
    ['token.refused'],
  )
  assert.ok(body.position > position)
  const nothing = await call(
    'followAuditEvents',
    {},
    { query: { type: 'token.refused', position: body.position, wait: 1 } },
  )
  assert.deepEqual(nothing.body.items, [])
  assert.equal((await call('followAuditEvents', {}, { query: { wait: 31 } })).status, 400)
})

test('a refusal is explained by its reference, in words and with what was expected', async () => {
  const response = await server.post(
    '/oauth2/token',
    { grant_type: 'client_credentials', scope: 'api:admin' },
    server.basic('cb'),
  )
  const reference = response.headers.get('mintmark-reference') ?? ''
  const { body } = await call('explainReference', { reference })
  assert.equal(
    body.sentence,
    'A token was refused to client cb in acme/cases: a scope is unknown or not permitted to the client.',
  )
  assert.equal(body.received, 'api:admin')
  assert.equal(body.event.reference, reference)
  assert.equal((await call('explainReference', { reference: 'nothing' })).status, 404)
  const other = await server.administrator(['read:other'])
  assert.equal((await call('explainReference', { reference }, { token: other })).status, 404)
  const own = await server.administrator(['read:acme'])
  assert.equal((await call('explainReference', { reference }, { token: own })).status, 200)
})

test('a server that stops answers those who wait for events, at once', async (t) => {
  const stopping = await startAdminServer(t)
  const waiting = stopping.call('followAuditEvents', {}, { query: { type: 'never.', wait: 30 } })
  await stopping.call('whoAmI')
  const began = performance.now()
  const [{ status }] = await Promise.all([waiting, stopping.close()])
  assert.equal(status, 200)
  assert.ok(performance.now() - began < 5000)
})
