import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { auditOf, change } from '../configure.ts'
import { startFaultyApp } from '../faulty-app.ts'
import { casesFounding, manyFailures, startTestServer } from '../fixtures.ts'
import { embeddedOnly } from '../postgres/test-store.ts'

const server = await startTestServer({ after }, { settings: manyFailures })
const target = { ...server, workspace: casesFounding.workspace }
const grant = { grant_type: 'client_credentials' }

type Event = Readonly<Record<string, unknown>>

/** What was recorded while something was done, oldest first; read only once its answer is there. */
const eventsOf = async (action: () => Promise<Response>): Promise<{ response: Response; events: readonly Event[] }> => {
  const before = await server.store.audit.newest()
  const response = await action()
  const { events } = await server.store.audit.follow({}, before, 100)
  return { response, events: events.map(({ body }) => JSON.parse(body) as Event) }
}

const introspect = (caller: Readonly<Record<string, string>>) =>
  server.post('/oauth2/introspect', { token: 'x' }, caller)

/** Decisions, the status of their answer, and what the one event of each says. */
const decisions: readonly [string, () => Promise<Response>, number, Event][] = [
  [
    'a token',
    () => server.post('/oauth2/token', grant, server.basic('cb')),
    200,
    { type: 'token.issued', client: 'cb', api: 'api-a', scope: 'api:read', grant: 'client_credentials' },
  ],
  [
    'an opaque token',
    () => server.post('/oauth2/token', { ...grant, scope: 'b:read' }, server.basic('cx')),
    200,
    { type: 'token.issued', client: 'cx', api: 'api-b', scope: 'b:read' },
  ],
  [
    'a wrong secret',
    () => server.post('/oauth2/token', grant, server.basic('cb', 'wrong')),
    401,
    { type: 'token.refused', client: 'cb', error: 'invalid_client', check: 'credential-proven' },
  ],
  [
    'an unknown client',
    () => server.post('/oauth2/token', grant, server.basic('nobody', 'wrong')),
    401,
    { type: 'token.refused', client: 'nobody', error: 'invalid_client', check: 'client-known' },
  ],
  [
    'no authentication',
    () => server.post('/oauth2/token', grant),
    401,
    { type: 'token.refused', error: 'invalid_client', check: 'authentication-present' },
  ],
  [
    'two methods',
    () => server.post('/oauth2/token', { ...grant, client_secret: 'a', client_id: 'cb' }, server.basic('cb')),
    400,
    { type: 'token.refused', error: 'invalid_request', check: 'one-authentication-method' },
  ],
  [
    'an unknown grant',
    () => server.post('/oauth2/token', { grant_type: 'password' }, server.basic('cb')),
    400,
    { type: 'token.refused', client: 'cb', error: 'unsupported_grant_type' },
  ],
  [
    'a capability that is missing',
    () => server.post('/oauth2/token', grant, server.basic('rsA')),
    400,
    { type: 'token.refused', client: 'rsA', error: 'unauthorized_client', check: 'capability' },
  ],
  [
    'a scope that is not permitted',
    () => server.post('/oauth2/token', { ...grant, scope: 'api:admin' }, server.basic('cb')),
    400,
    { type: 'token.refused', client: 'cb', error: 'invalid_scope' },
  ],
  [
    'a body of another type',
    () => server.post('/oauth2/token', '{}', { ...server.basic('cb'), 'content-type': 'application/json' }),
    415,
    { type: 'token.refused', error: 'invalid_request', check: 'content-type' },
  ],
  [
    'an introspection without authentication',
    () => introspect({}),
    401,
    { type: 'introspection.refused', error: 'invalid_client' },
  ],
  [
    'an introspection with a wrong secret',
    () => introspect(server.basic('rsA', 'wrong')),
    401,
    { type: 'introspection.refused', client: 'rsA', error: 'invalid_client' },
  ],
  [
    'a revocation with a wrong secret',
    () => server.post('/oauth2/revoke', { token: 'x' }, server.basic('cb', 'wrong')),
    401,
    { type: 'revocation.refused', client: 'cb', error: 'invalid_client' },
  ],
  [
    'a revocation',
    async () => server.post('/oauth2/revoke', { token: revocable }, server.basic('cb')),
    200,
    { type: 'token.revoked', client: 'cb', subject: 'token' },
  ],
]
const revocable = await server.token('cb')
// The first opaque token also makes the key that seals it.
await server.token('cx', { scope: 'b:read' })

describe('SEC-230: every decision is one event, durable before its answer', () => {
  for (const [name, action, status, expected] of decisions) {
    test(name, async () => {
      const { response, events } = await eventsOf(action)
      assert.equal(response.status, status)
      const [event, ...others] = events
      assert.deepEqual(others, [])
      assert.ok(event)
      assert.deepEqual({ ...event, ...expected }, event)
      assert.equal(event.workspace, 'acme/cases')
      assert.equal(event.address, '127.0.0.1')
      const reference = response.headers.get('mintmark-reference')
      if (status >= 400) assert.equal(event.reference, reference)
      else assert.equal(reference, null)
    })
  }

  test('a client that is disabled, and one outside its addresses', async () => {
    await change(target, 'client', 'cp', { enabled: false })
    const disabled = await eventsOf(() =>
      server.post('/oauth2/token', { ...grant, client_id: 'cp', client_secret: server.secrets.cp ?? '' }),
    )
    assert.deepEqual(
      disabled.events.map(({ check, client }) => [check, client]),
      [['client-enabled', 'cp']],
    )
    await change(target, 'client', 'cp', { enabled: true, allowedAddresses: ['192.0.2.0/24'] })
    const elsewhere = await eventsOf(() =>
      server.post('/oauth2/token', { ...grant, client_id: 'cp', client_secret: server.secrets.cp ?? '' }),
    )
    assert.deepEqual(
      elsewhere.events.map(({ check, received }) => [check, received]),
      [['address-allowed', '127.0.0.1']],
    )
  })

  test('an administrator that fails to sign in', async () => {
    const before = await server.store.audit.newest()
    const response = await server.post(
      `${server.adminUrl}/system/admin/oauth2/token`,
      grant,
      server.basic('cli', 'not-the-secret'),
    )
    assert.equal(response.status, 401)
    const { events } = await server.store.audit.follow({}, before, 10)
    assert.deepEqual(
      events.map(({ type, client, workspace }) => [type, client, workspace]),
      [['token.refused', 'cli', 'system/admin']],
    )
  })

  test('a thousand decisions at once are a thousand events, each under a reference of its own', async () => {
    const before = await server.store.audit.newest()
    const responses = await Promise.all(
      Array.from({ length: 1000 }, (_, index) =>
        server.post('/oauth2/token', index % 2 === 0 ? grant : { ...grant, scope: 'unknown' }, server.basic('cb')),
      ),
    )
    const references = responses.map(({ headers }) => headers.get('mintmark-reference')).filter((each) => each !== null)
    const { events } = await server.store.audit.follow({}, before, 2000)
    assert.equal(events.length, 1000)
    assert.equal(new Set(references).size, 500)
    assert.deepEqual(
      events
        .map(({ reference }) => reference)
        .filter((each) => each !== '')
        .toSorted(),
      references.toSorted(),
    )
  })
})

test('what cannot be recorded is not decided: 503, and no token leaves', async (context) => {
  const faulty = await startFaultyApp(context)
  faulty.faults.add('audit.append')
  const response = await faulty.post('cb', '/oauth2/token', grant)
  assert.equal(response.status, 503)
  assert.equal(response.headers['retry-after'], '5')
  assert.doesNotMatch(String(response.body), /access_token/)
  const refused = await faulty.post('cb', '/oauth2/token', { grant_type: 'password' })
  assert.equal(refused.status, 503)
})

describe('what callers write in their requests', () => {
  test('SEC-228: cannot forge or break an event', async () => {
    const forged = 'x\r\n{"type":"token.issued"}\u2028\u001b[2J'
    const { events } = await eventsOf(() =>
      server.post('/oauth2/token', { ...grant, client_id: forged, client_secret: 'a' }, { 'user-agent': 'forged' }),
    )
    assert.equal(events.length, 1)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is left is what we test
    assert.doesNotMatch(JSON.stringify(events), /\\[rnu]|[\u0000-\u001f\u2028\u2029]/)
  })

  test('SEC-226: a secret or token put where it does not belong is not kept', async () => {
    const secret = server.secrets.cb ?? ''
    const token = await server.token('cb')
    for (const misplaced of [secret, token]) {
      const places: Record<string, string>[] = [
        { ...grant, client_id: misplaced, client_secret: 'a' },
        { ...grant, scope: misplaced },
        { ...grant, resource: misplaced },
        { grant_type: misplaced },
      ]
      for (const form of places) {
        const { response, events } = await eventsOf(() =>
          server.post('/oauth2/token', form, form.client_id === undefined ? server.basic('cb') : {}),
        )
        assert.ok(response.status >= 400)
        assert.equal(events.length, 1)
        const kept = JSON.stringify(await server.store.audit.follow({}, (await server.store.audit.newest()) - 1, 1))
        assert.ok(!kept.includes(misplaced), JSON.stringify(form))
        for (const part of misplaced.split('.')) assert.ok(!kept.includes(part), JSON.stringify(form))
      }
    }
  })

  test('SEC-230: megabytes of it leave a short event', async () => {
    const { events } = await eventsOf(() =>
      server.post('/oauth2/token', { ...grant, scope: 'a'.repeat(10_000) }, server.basic('cb')),
    )
    assert.ok(JSON.stringify(events).length < 2000)
  })
})

describe('retention', () => {
  const day = 86_400_000

  test('events beyond their time are forgotten in the background, those within it stay', async (context) => {
    const own = await startTestServer(context, { settings: {} })
    await own.token('cb')
    const old = await auditOf(own.store, {})
    own.clock.advance(60 * day)
    await own.token('cb')
    // Beyond the 90 days, and beyond the days that go together with those.
    own.clock.advance(35 * day)
    await own.token('cb')
    assert.equal(await own.background.runNow('purge-audit'), true)
    const left = await auditOf(own.store, { types: ['token.issued'] })
    assert.ok(old.length > 1)
    assert.equal(left.length, 2)
    own.clock.advance(95 * day)
    assert.equal(await own.background.runNow('purge-audit'), true)
    assert.deepEqual(await auditOf(own.store, { types: ['token.issued'] }), [])
  })

  test('REL-044: requests are served while many events are forgotten, some thousand at a time', {
    skip: embeddedOnly,
  }, async (context) => {
    const own = await startTestServer(context)
    const body = JSON.stringify({ type: 'token.issued', filler: randomBytes(100).toString('hex') })
    const rows = Array.from({ length: 20_000 }, () =>
      own.store.audit.append({ time: 1, type: 'token.issued', workspace: 'a/b', client: 'c', reference: '', body }),
    )
    await Promise.all(rows)
    let purging = true
    const purge = own.background.runNow('purge-audit').finally(() => {
      purging = false
    })
    let served = 0
    while (purging) {
      await own.token('cb')
      served += 1
    }
    await purge
    assert.ok(served >= 2, `${served} tokens meanwhile`)
    assert.deepEqual(await auditOf(own.store, { workspace: 'a/b' }), [])
  })
})

describe('REL-047: a clock set forward by an hour, and back', () => {
  const hour = 3_600_000

  test('tokens carry the times of the clock, nothing fails, and nothing is forgotten meanwhile', async (context) => {
    const own = await startTestServer(context)
    const before = await own.token('cb')
    await own.post('/oauth2/revoke', { token: before }, own.basic('cb'))
    own.clock.jump(hour)
    const during = await own.token('cb')
    const claims = JSON.parse(Buffer.from(during.split('.')[1] ?? '', 'base64url').toString()) as {
      iat: number
      exp: number
    }
    assert.ok(Math.abs(claims.iat - own.clock.now() / 1000) < 5)
    assert.equal(claims.exp - claims.iat, 3600)
    for (const task of ['purge-audit', 'purge-revocations', 'purge-idempotency']) {
      assert.equal(await own.background.runNow(task), false)
    }
    own.clock.jump(-hour)
    await own.token('cb')
    const state = await own.post('/oauth2/introspect', { token: before }, own.basic('rsA'))
    assert.deepEqual(await state.json(), { active: false })
    assert.equal(await own.background.runNow('purge-revocations'), false)
    own.clock.advance(3 * hour)
    await own.token('cb')
    assert.equal(await own.background.runNow('purge-revocations'), true)
  })

  test('a revocation outlives its token by a day: a clock that is a little wrong brings nothing back', async (context) => {
    const own = await startTestServer(context)
    const token = await own.token('cb')
    await own.post('/oauth2/revoke', { token }, own.basic('cb'))
    own.clock.advance(2 * hour)
    assert.equal(await own.background.runNow('purge-revocations'), true)
    own.clock.advance(-2 * hour)
    const state = await own.post('/oauth2/introspect', { token }, own.basic('rsA'))
    assert.deepEqual(await state.json(), { active: false })
  })
})

test('REL-049: after 2038, times are whole seconds and milliseconds of the epoch, in tokens and in the audit log', async (context) => {
  const own = await startTestServer(context)
  await own.token('cb')
  own.clock.jump(Date.UTC(2040, 1, 29, 12) - own.clock.now())
  const token = await own.token('cx', { scope: 'b:read' })
  const jwt = await own.token('cb')
  const claims = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as {
    iat: number
    exp: number
  }
  const noon = Date.UTC(2040, 1, 29, 12)
  assert.ok(claims.iat >= noon / 1000 && claims.iat < noon / 1000 + 10, String(claims.iat))
  const state = (await (await own.post('/oauth2/introspect', { token }, own.basic('rsB'))).json()) as Record<
    string,
    unknown
  >
  assert.equal(state.active, true)
  assert.ok(Number(state.iat) >= noon / 1000 && Number(state.exp) === Number(state.iat) + 3600)
  const since = Date.UTC(2040, 1, 29)
  const { events } = await own.store.audit.list({ since, types: ['token.issued'] }, Number.MAX_SAFE_INTEGER, 10)
  assert.equal(events.length, 2)
  assert.ok(events.every(({ time }) => time >= noon && time < noon + 10_000))
})
