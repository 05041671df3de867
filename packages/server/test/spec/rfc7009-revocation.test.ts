import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { auditOf, change } from '../configure.ts'
import { bodyOf, startFaultyApp } from '../faulty-app.ts'
import { casesFounding, startTestServer } from '../fixtures.ts'

const server = await startTestServer({ after })
const target = { ...server, workspace: casesFounding.workspace }

const jwtOf = (client = 'cb') => server.token(client, { scope: 'api:read' })
const opaqueOf = () => server.token('cx', { scope: 'b:read' })
const revoke = (client: string, token: string, more: Record<string, string> = {}) =>
  server.post('/oauth2/revoke', { token, ...more }, server.basic(client))
const isActive = async (client: string, token: string): Promise<boolean> => {
  const response = await server.post('/oauth2/introspect', { token }, server.basic(client))
  const body = (await response.json()) as { active: boolean }
  if (!body.active) assert.deepEqual(body, { active: false })
  return body.active
}
const revokedEvents = () => auditOf(server.store, { types: ['token.revoked'] })

test('SEC-162: a client revokes its own token, of either format, and it is dead at once', async () => {
  for (const [client, caller, token] of [
    ['cb', 'rsA', await jwtOf()],
    ['cx', 'rsB', await opaqueOf()],
  ] as const) {
    assert.equal(await isActive(caller, token), true)
    const response = await revoke(client, token)
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('cache-control'), 'no-store')
    assert.equal(await response.text(), '')
    assert.equal(await isActive(caller, token), false)
    assert.equal(await isActive(client, token), false)
  }
})

test('SEC-162: another token of the same client lives on', async () => {
  const [one, two] = [await jwtOf(), await jwtOf()]
  await revoke('cb', one)
  assert.equal(await isActive('rsA', two), true)
})

test('SEC-162: the event says who revoked what, and holds no token', async () => {
  const token = await jwtOf()
  await revoke('cb', token)
  const [event] = await revokedEvents()
  const { jti } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { jti: string }
  assert.deepEqual(event, {
    type: 'token.revoked',
    workspace: 'acme/cases',
    actor: 'acme/cases/cb',
    subject: 'token',
    value: jti,
    client: 'cb',
    address: '127.0.0.1',
  })
})

test('SEC-163: what is unknown, malformed, expired or revoked already is answered with 200, and nothing is written', async () => {
  const revoked = await jwtOf()
  await revoke('cb', revoked)
  const expired = await server.token('cb')
  server.clock.advance(3600_000)
  const before = (await revokedEvents()).length
  for (const text of [
    'garbage',
    revoked,
    expired,
    `${await jwtOf()}x`,
    'mmk_at_x',
    'eyJ',
    'x'.repeat(4096),
    '\u0000',
  ]) {
    const response = await revoke('cb', text)
    assert.equal(response.status, 200)
    assert.equal(await response.text(), '')
  }
  assert.equal((await revokedEvents()).length, before)
})

test('REL-047: a token that is over by the clock of this node alone is revoked all the same', async (context) => {
  const faulty = await startFaultyApp(context)
  const token = String(
    bodyOf(await faulty.post('cb', '/oauth2/token', { grant_type: 'client_credentials' })).access_token,
  )
  faulty.clock.advance(3700_000)
  const revokedHere = async (): Promise<number> => {
    assert.equal((await faulty.post('cb', '/oauth2/revoke', { token })).status, 200)
    return (await faulty.store.revocations.listLive(0)).length
  }
  assert.equal(await revokedHere(), 0)
  faulty.clockAhead = 3700_000
  assert.equal(await revokedHere(), 1)
})

test("SEC-164: somebody else's token lives on, the answer is that to garbage, and the attempt is audited", async () => {
  for (const [thief, caller, token] of [
    ['cx', 'rsA', await jwtOf()],
    ['cb', 'rsB', await opaqueOf()],
    ['rsA', 'rsA', await jwtOf()],
  ] as const) {
    const answers = [await revoke(thief, token), await revoke(thief, 'garbage')]
    const [foreign, garbage] = await Promise.all(
      answers.map(async (response) => {
        const { date: _date, ...headers } = Object.fromEntries(response.headers)
        return { status: response.status, headers, body: await response.text() }
      }),
    )
    assert.equal(foreign?.status, 200)
    assert.deepEqual(foreign, garbage)
    assert.equal(await isActive(caller, token), true)
    const [event] = await auditOf(server.store, { types: ['revocation.refused'] })
    assert.equal(event?.check, 'token-owner')
    assert.equal(event?.client, thief)
  }
})

test('SEC-165: a missing, empty or repeated token parameter is an invalid request', async () => {
  for (const form of ['', 'token=', 'token_type_hint=access_token', 'token=a&token=a']) {
    const response = await server.post('/oauth2/revoke', form, server.basic('cb'))
    assert.equal(response.status, 400, form)
    assert.equal(response.headers.get('cache-control'), 'no-store')
    assert.equal(((await response.json()) as { error: string }).error, 'invalid_request')
  }
})

test('SEC-166: without authentication, or with a wrong secret, 401 and a challenge; the token lives on', async () => {
  const token = await jwtOf()
  const bearer = { authorization: `Bearer ${token}` }
  for (const headers of [{}, server.basic('cb', 'wrong'), server.basic('nobody', 'wrong'), bearer]) {
    const response = await server.post('/oauth2/revoke', { token }, headers)
    assert.equal(response.status, 401)
    assert.match(response.headers.get('www-authenticate') ?? '', /^Basic realm=/)
    assert.equal(((await response.json()) as { error: string }).error, 'invalid_client')
    const [event] = await auditOf(server.store, { reference: response.headers.get('mintmark-reference') ?? 'none' })
    assert.equal(event?.type, 'revocation.refused')
  }
  assert.equal(await isActive('rsA', token), true)
})

test('any hint works, and other methods and media types do not', async () => {
  const token = await jwtOf()
  const get = await fetch(`${server.issuer}/oauth2/revoke?token=${token}`, { headers: server.basic('cb') })
  assert.equal(get.status, 405)
  assert.equal(get.headers.get('allow'), 'POST')
  const json = await server.post('/oauth2/revoke', JSON.stringify({ token }), {
    ...server.basic('cb'),
    'content-type': 'application/json',
  })
  assert.equal(json.status, 415)
  assert.equal(await isActive('rsA', token), true)
  assert.equal((await revoke('cb', token, { token_type_hint: 'refresh_token' })).status, 200)
  assert.equal(await isActive('rsA', token), false)
})

test('a token revoked while its API was disabled is dead when the API comes back', async () => {
  const token = await jwtOf()
  await change(target, 'api', 'api-a', { enabled: false })
  assert.equal((await revoke('cb', token)).status, 200)
  await change(target, 'api', 'api-a', { enabled: true })
  assert.equal(await isActive('rsA', token), false)
})

describe('SEC-170: a revocation that could not be stored is never answered with 200', () => {
  test('503 with Retry-After, and the token lives on', async (context) => {
    const faulty = await startFaultyApp(context)
    const issued = await faulty.post('cb', '/oauth2/token', { grant_type: 'client_credentials' })
    const token = String(bodyOf(issued).access_token)
    faulty.faults.add('revocations.add')
    const response = await faulty.post('cb', '/oauth2/revoke', { token })
    assert.equal(response.status, 503)
    assert.equal(bodyOf(response).error, 'temporarily_unavailable')
    assert.ok(response.headers['retry-after'])
    assert.equal(bodyOf(await faulty.post('rsA', '/oauth2/introspect', { token })).active, true)
    faulty.faults.clear()
    assert.equal((await faulty.post('cb', '/oauth2/revoke', { token })).status, 200)
    assert.equal(bodyOf(await faulty.post('rsA', '/oauth2/introspect', { token })).active, false)
  })

  test('what was revoked stays dead after a restart, and its event is in the log', async (context) => {
    const faulty = await startFaultyApp(context)
    const issued = await faulty.post('cb', '/oauth2/token', { grant_type: 'client_credentials' })
    const token = String(bodyOf(issued).access_token)
    assert.equal((await faulty.post('cb', '/oauth2/revoke', { token })).status, 200)
    await faulty.restart()
    assert.equal(bodyOf(await faulty.post('rsA', '/oauth2/introspect', { token })).active, false)
    assert.equal((await auditOf(faulty.store, { types: ['token.revoked'] })).length, 1)
  })

  test('nobody knows whose token it is: 503', async (context) => {
    const faulty = await startFaultyApp(context)
    faulty.faults.add('keys.listKeys')
    const response = await faulty.post('cb', '/oauth2/revoke', { token: 'eyJhbGciOiJFUzI1NiJ9.e30.AA' })
    assert.equal(response.status, 503)
  })
})

describe('SEC-172: revocation by an administrator', () => {
  const by = { actor: 'system/admin/cli' }

  test('all of a client: earlier tokens are dead at once, one obtained after the answer lives', async (context) => {
    const faulty = await startFaultyApp(context)
    const obtain = async (client: string) =>
      String(
        bodyOf(await faulty.post(client, '/oauth2/token', { grant_type: 'client_credentials', scope: 'api:read' }))
          .access_token,
      )
    const active = async (token: string) =>
      bodyOf(await faulty.post('rsA', '/oauth2/introspect', { token })).active === true
    const earlier = await Promise.all(Array.from({ length: 200 }, () => obtain('cb')))
    const others = await obtain('cx')
    const began = performance.now()
    await faulty.app.revokeTokens.client('acme/cases', 'cb', by)
    assert.ok(performance.now() - began < 10_000)
    for (const token of earlier) assert.equal(await active(token), false)
    assert.equal(await active(others), true)
    const later = await obtain('cb')
    assert.equal(await active(later), true)
    await faulty.restart()
    assert.equal(await active(earlier[0] ?? ''), false)
    assert.equal(await active(later), true)
  })

  test('all of a workspace, of a credential, of a key, one by jti', async (context) => {
    const faulty = await startFaultyApp(context)
    const obtain = async () =>
      String(bodyOf(await faulty.post('cb', '/oauth2/token', { grant_type: 'client_credentials' })).access_token)
    const active = async (token: string) =>
      bodyOf(await faulty.post('rsA', '/oauth2/introspect', { token })).active === true
    const claimsOf = (token: string, part = 1) =>
      JSON.parse(Buffer.from(token.split('.')[part] ?? '', 'base64url').toString()) as Record<string, string>
    const { revokeTokens } = faulty.app
    const first = await obtain()
    await revokeTokens.workspace('acme/cases', by)
    assert.equal(await active(first), false)
    const second = await obtain()
    const { jti = '' } = claimsOf(second)
    await revokeTokens.credential('acme/cases', 'cb', jti.split('.')[0] ?? '', by)
    assert.equal(await active(second), false)
    const [third, fourth] = [await obtain(), await obtain()]
    await revokeTokens.token('acme/cases', { jti: claimsOf(third).jti ?? '' }, by)
    assert.equal(await active(third), false)
    assert.equal(await active(fourth), true)
    await revokeTokens.key('acme/cases', claimsOf(fourth, 0).kid ?? '', by)
    assert.equal(await active(fourth), false)
    assert.equal((await auditOf(faulty.store, { types: ['token.revoked'] })).length, 4)
  })
})
