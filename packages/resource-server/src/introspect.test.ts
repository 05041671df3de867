import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { clientSecretPost } from '@mintmark/client'
import { parseForm, readBasic, sealFormat } from '@mintmark/protocol'
import { type CannedAnswer, listen } from '../../client/test/local-server.ts'
import { apiRequest, audience, localIssuer, start } from '../test/local-issuer.ts'
import type { Decision } from './authorize-request.ts'
import { maximumQuestions } from './introspect.ts'
import { type ProtectOptions, protect } from './protect.ts'

async function setUp(context: TestContext, options: Partial<ProtectOptions> = {}) {
  const issuer = await localIssuer(context)
  const clock = { wall: start * 1_000, monotonic: 0 }
  const checks: (string | undefined)[] = []
  const api = protect({
    issuer: issuer.issuer,
    audience,
    introspection: { clientId: 'rs:A', credential: 'secret' },
    currentTime: () => clock.wall,
    now: () => clock.monotonic,
    onRefusal: (error) => checks.push(error.check),
    ...options,
  })
  const ask = (token = 'opaque') => api.authorize(apiRequest('/', `Bearer ${token}`), ['api:read'])
  const active = (more: Readonly<Record<string, unknown>> = {}): CannedAnswer => ({
    body: { active: true, token_type: 'Bearer', ...issuer.claims(more) },
  })
  issuer.state.introspect = () => active()
  return { ...issuer, api, ask, active, clock, checks }
}

const status = (decision: Decision) => (decision.allowed ? 200 : decision.status)

test('RFC 7662 §2.1: the token is sent with our credentials, and what is said of it is what the handler sees', async (context) => {
  const { ask, state, active, requests } = await setUp(context)
  state.introspect = () => active({ scope: 'api:read x', client_id: 'cx', sub: undefined })
  const decision = await ask('opaque-1')
  assert.ok(decision.allowed)
  assert.deepEqual(decision.token.scopes, ['api:read', 'x'])
  assert.equal(decision.token.clientId, 'cx')
  assert.equal(decision.token.subject, 'cx')
  const request = requests.find(({ url }) => url === '/introspect')
  assert.equal(request?.method, 'POST')
  assert.deepEqual(readBasic(request?.headers.authorization ?? ''), { id: 'rs:A', secret: 'secret' })
  assert.equal(parseForm(request?.body ?? '').get('token'), 'opaque-1')
  assert.equal(parseForm(request?.body ?? '').get('token_type_hint'), 'access_token')
})

test('client_secret_post and a secret that a function provides are possible', async (context) => {
  const { ask, requests } = await setUp(context, {
    introspection: { clientId: 'rsA', credential: clientSecretPost(async () => 'rotated') },
  })
  assert.equal(status(await ask()), 200)
  const form = parseForm(requests.find(({ url }) => url === '/introspect')?.body ?? '')
  assert.deepEqual([form.get('client_id'), form.get('client_secret')], ['rsA', 'rotated'])
})

test('SEC-255: only a literal true is active', async (context) => {
  for (const active of [false, undefined, 'true', 1, null, [], {}]) {
    const { ask, state, claims, checks } = await setUp(context)
    state.introspect = () => ({ body: { ...claims(), active } })
    assert.equal(status(await ask()), 401, String(active))
    assert.deepEqual(checks, ['inactive'])
  }
})

test('SEC-255: trouble with the endpoint is 503', async (context) => {
  const answers: CannedAnswer[] = [
    { status: 500 },
    { status: 401, body: { error: 'invalid_client' } },
    { status: 403, body: { active: true } },
    { status: 302, headers: { location: '/' } },
    { status: 201, body: { active: true } },
    { body: 'not json' },
    { body: '[true]' },
    { headers: { 'content-type': 'text/html' }, body: '{"active":true}' },
    { body: `{"active":true${' '.repeat(65_536)}}` },
  ]
  for (const answer of answers) {
    const { ask, state, checks } = await setUp(context)
    state.introspect = () => answer
    assert.equal(status(await ask()), 503, JSON.stringify(answer))
    assert.deepEqual(checks, ['introspection-unavailable'])
  }
})

test('SEC-255: an endpoint that does not answer in time is 503', async (context) => {
  const { ask, state } = await setUp(context, { timeout: 100 })
  state.introspect = () => new Promise(() => undefined)
  assert.equal(status(await ask()), 503)
})

test('SEC-255: a server that is not there is 503, also when an answer was good a moment ago', async (context) => {
  const { ask, state, clock } = await setUp(context)
  assert.equal(status(await ask()), 200)
  state.down = true
  clock.monotonic += 10_000
  assert.equal(status(await ask()), 503)
  state.down = false
  assert.equal(status(await ask()), 200)
  const gone = protect({
    issuer: (await listen(context, () => undefined)).replace(/:\d+$/, ':1'),
    audience,
    introspection: { clientId: 'a', credential: 'b' },
  })
  assert.equal(status(await gone.authorize(apiRequest('/', 'Bearer x'), [])), 503)
})

test('SEC-235: an active token that is not for us is refused', async (context) => {
  const answers = [
    { aud: 'https://api-b.test' },
    { aud: undefined },
    { iss: 'https://other.test' },
    { exp: start - 11 },
    { exp: undefined },
    { exp: String(start + 300) },
    { nbf: start + 11 },
    { nbf: 'x' },
    { client_id: undefined },
    { token_type: 'DPoP' },
    { cnf: { 'x5t#S256': 'x' } },
    { scope: ['api:read'] },
  ]
  for (const answer of answers) {
    const { ask, state, active } = await setUp(context)
    state.introspect = () => active(answer)
    assert.equal(status(await ask()), 401, JSON.stringify(answer))
  }
})

test('concurrent requests with one token are one question', async (context) => {
  const { ask, counts } = await setUp(context)
  const decisions = await Promise.all(Array.from({ length: 100 }, () => ask()))
  assert.ok(decisions.every(({ allowed }) => allowed))
  assert.equal(counts.introspections, 1)
  await ask('another')
  assert.equal(counts.introspections, 2)
})

test('an answer is used again for ten seconds, and a revocation is seen after that', async (context) => {
  const { ask, state, counts, clock } = await setUp(context)
  await ask()
  state.introspect = () => ({ body: { active: false } })
  clock.monotonic += 9_999
  assert.equal(status(await ask()), 200)
  assert.equal(counts.introspections, 1)
  clock.monotonic += 1
  assert.equal(status(await ask()), 401)
  assert.equal(counts.introspections, 2)
  assert.equal(status(await ask()), 401)
  assert.equal(counts.introspections, 2)
})

test('an answer is not used past the expiry of its token', async (context) => {
  const { ask, state, active, counts, clock } = await setUp(context)
  state.introspect = () => active({ exp: start + 5 })
  assert.equal(status(await ask()), 200)
  clock.wall += 5_000
  state.introspect = () => ({ body: { active: false } })
  assert.equal(status(await ask()), 401)
  assert.equal(counts.introspections, 2)
})

test('a maximum age of zero asks every time', async (context) => {
  const { ask, counts } = await setUp(context, {
    introspection: { clientId: 'a', credential: 'b', maximumAge: 0 },
  })
  await ask()
  await ask()
  assert.equal(counts.introspections, 2)
})

test('SEC-262: a token that is too long, or of our format and mangled, is refused unasked', async (context) => {
  const { ask, counts, checks } = await setUp(context)
  const good = sealFormat('mmk_at_', new Uint8Array(40))
  assert.equal(status(await ask('a'.repeat(16_385))), 401)
  assert.equal(status(await ask(`${good.slice(0, -1)}~`)), 401)
  assert.deepEqual(checks, ['token-too-long', 'token-checksum'])
  assert.equal(counts.introspections, 0)
  assert.equal(status(await ask(good)), 200)
})

test('by format, JWTs are verified offline and the rest is asked', async (context) => {
  const { ask, sign, counts, clock } = await setUp(context, { verification: 'by-format' })
  assert.equal(status(await ask(await sign())), 200)
  assert.equal(counts.introspections, 0)
  assert.equal(status(await ask('opaque')), 200)
  assert.equal(counts.introspections, 1)
  clock.wall += 400_000
  assert.equal(status(await ask(await sign())), 401)
  assert.equal(counts.introspections, 1)
})

test('an issuer without an introspection endpoint cannot be asked, and says so', async (context) => {
  const { api, ask, state } = await setUp(context)
  state.metadata = { introspection_endpoint: undefined }
  assert.equal(status(await ask()), 503)
  await assert.rejects(api.ready(), /introspection_endpoint/)
})

test('a JWT is sent to the issuer only when it is one and names no other', async (context) => {
  const { ask, sign, claims, issuer, counts, checks } = await setUp(context)
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  assert.equal(status(await ask(await sign())), 200)
  const sent = [`${part({ alg: 'ES256' })}.${part({})}.AAAA`, 'three.opaque.parts', `${part({})}.a.b.c.d`]
  for (const token of sent) assert.equal(status(await ask(token)), 200, token)
  assert.equal(counts.introspections, 4)
  const header = part({ alg: 'ES256' })
  const unsent: [string, string][] = [
    ['claim-iss', `${header}.${part(claims({ iss: `${issuer}/x` }))}.AAAA`],
    ['claim-iss', `${header}.${part({ iss: 7 })}.AAAA`],
    ['jwt-malformed', `${header}.${part([])}.AAAA`],
    ['jwt-malformed', `${header}.e30.A`],
    ['jwt-malformed', `${header}.e31.AAAA`],
  ]
  for (const [check, token] of unsent) {
    assert.equal(status(await ask(token)), 401, token)
    assert.equal(checks.pop(), check)
  }
  assert.equal(counts.introspections, 4)
})

test('a flood of unknown tokens opens so many connections and no more, and a token that was good is still asked about', async (context) => {
  const held: (() => void)[] = []
  const fetchHeld: typeof fetch = async (input, init) => {
    if (String(init?.body).includes('token=flood')) await new Promise<void>((resolve) => held.push(resolve))
    return fetch(input, init)
  }
  const { ask, api, checks, clock, state, active, counts } = await setUp(context, { fetch: fetchHeld })
  assert.equal(status(await ask('good')), 200)
  clock.monotonic += 10_000
  state.introspect = (request) => (request.body.includes('flood') ? { body: { active: false } } : active())
  const flood = Array.from({ length: maximumQuestions }, (_, count) => ask(`flood-${count}`))
  const refused = await api.authorize(apiRequest('/', 'Bearer one-more'), [])
  assert.equal(status(refused), 503)
  assert.equal(refused.allowed ? '' : refused.headers['Retry-After'], '5')
  assert.equal(checks.pop(), 'introspection-overloaded')
  assert.equal(status(await ask('good')), 200)
  assert.equal(counts.introspections, 2)
  while (held.length < maximumQuestions) await new Promise((resolve) => setImmediate(resolve))
  for (const release of held) release()
  assert.ok((await Promise.all(flood)).every((decision) => status(decision) === 401))
  assert.equal(status(await ask('one-more')), 200)
})

test('a duration with a fraction, as of seconds by a thousand, is taken', async (context) => {
  const { ask } = await setUp(context, {
    timeout: 5_000.5,
    introspection: { clientId: 'a', credential: 'b', maximumAge: 1.001 * 1_000 },
  })
  assert.equal(status(await ask()), 200)
})

test('a maximum age that would never be over is refused at once', () => {
  for (const maximumAge of [Number.NaN, Number.POSITIVE_INFINITY, -1, 2 ** 31, '10000' as never]) {
    const introspection = { clientId: 'a', credential: 'b', maximumAge }
    assert.throws(() => protect({ issuer: 'https://as.test', audience, introspection }), TypeError, String(maximumAge))
  }
})
