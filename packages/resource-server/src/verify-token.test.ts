import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { inspect } from 'node:util'
import { type OAuthError, parseForm } from '@mintmark/protocol'
import { base64url, exportJWK } from 'jose'
import { apiRequest, audience, localIssuer, signingKey, start } from '../test/local-issuer.ts'
import type { Decision } from './authorize-request.ts'
import { type ProtectOptions, protect } from './protect.ts'
import { tokenDigest, webDigest } from './token-digest.ts'
import { type IssuerOptions, trustedIssuer } from './trusted-issuer.ts'
import { tokenVerification } from './verify-token.ts'

type Issuer = Awaited<ReturnType<typeof localIssuer>>

async function setUp(
  context: TestContext,
  issuersOf: (one: Issuer, two: Issuer) => ProtectOptions['issuer'],
  options: Partial<ProtectOptions> = {},
) {
  const one = await localIssuer(context)
  const two = await localIssuer(context)
  const refusals: OAuthError[] = []
  const clock = { wall: start * 1_000, monotonic: 0 }
  const api = protect({
    issuer: issuersOf(one, two),
    audience,
    currentTime: () => clock.wall,
    now: () => clock.monotonic,
    onRefusal: (error) => refusals.push(error),
    ...options,
  })
  for (const { state, claims } of [one, two]) state.introspect = () => ({ body: { active: true, ...claims() } })
  const ask = (token: string) => api.authorize(apiRequest('/read', `Bearer ${token}`), ['api:read'])
  return { one, two, api, ask, refusals, clock }
}

const status = (decision: Decision) => (decision.allowed ? 200 : decision.status)
const asked = ({ requests }: Issuer) => requests.length
const introspection = { clientId: 'rs', credential: 'secret' }

test('each of several issuers verifies its own tokens', async (context) => {
  const { one, two, ask } = await setUp(context, (a, b) => [a.issuer, { issuer: b.issuer }])
  const first = await ask(await one.sign())
  assert.ok(first.allowed && first.token.issuer === one.issuer)
  assert.equal(asked(two), 0)
  const second = await ask(await two.sign())
  assert.ok(second.allowed && second.token.issuer === two.issuer)
  assert.deepEqual([one.counts.keys, two.counts.keys], [1, 1])
})

test('a token that names an issuer is verified by no key but that one’s, though the key be another trusted one’s', async (context) => {
  const { one, two, ask, refusals } = await setUp(context, (a, b) => [a.issuer, b.issuer])
  assert.equal(status(await ask(await one.sign())), 200)
  assert.equal(status(await ask(await two.sign())), 200)
  assert.equal(status(await ask(await one.sign({ iss: two.issuer }))), 401)
  assert.equal(refusals.pop()?.check, 'signature')
})

test('a token of an issuer that is not in the list is refused before anything is fetched', async (context) => {
  const { one, two, ask, refusals } = await setUp(context, (a, b) => [a.issuer, b.issuer])
  const stranger = await localIssuer(context)
  const names = [stranger.issuer, `${one.issuer}/`, one.issuer.toUpperCase(), ` ${one.issuer}`, '', undefined, null, 7]
  for (const iss of [...names, [one.issuer], { iss: one.issuer }]) {
    assert.equal(status(await ask(await one.sign({ iss }))), 401, String(iss))
    assert.equal(refusals.pop()?.check, 'claim-iss')
  }
  assert.deepEqual([asked(one), asked(two), asked(stranger)], [0, 0, 0])
})

test('with one issuer, too, a token of another one leads to no request', async (context) => {
  for (const options of [{}, { introspection }]) {
    const { one, two, ask, refusals } = await setUp(context, (a) => a.issuer, options)
    assert.equal(status(await ask(await two.sign())), 401)
    assert.equal(refusals.pop()?.check, 'claim-iss')
    assert.deepEqual([asked(one), asked(two)], [0, 0])
  }
})

test('an opaque token goes to the issuer with its prefix, and to no other', async (context) => {
  const { one, two, ask } = await setUp(context, (a, b) => [
    { issuer: a.issuer, introspection, opaquePrefix: 'one_' },
    { issuer: b.issuer, introspection, opaquePrefix: 'two_' },
  ])
  const first = await ask('one_x')
  assert.ok(first.allowed && first.token.issuer === one.issuer)
  assert.deepEqual([one.counts.introspections, two.counts.introspections], [1, 0])
  const second = await ask('two_x')
  assert.ok(second.allowed && second.token.issuer === two.issuer)
  for (const token of ['three_x', 'one', 'ONE_x', 'a.b.c']) assert.equal(status(await ask(token)), 401, token)
  assert.deepEqual([one.counts.introspections, two.counts.introspections], [1, 1])
})

test('an opaque token without a known prefix goes to the one issuer that has none', async (context) => {
  const { one, two, ask } = await setUp(context, (a, b) => [
    { issuer: a.issuer, introspection, opaquePrefix: 'one_' },
    { issuer: b.issuer, introspection },
  ])
  assert.equal(status(await ask('one_x')), 200)
  assert.equal(status(await ask('other')), 200)
  const tokens = (issuer: Issuer) =>
    issuer.requests.filter(({ url }) => url === '/introspect').map(({ body }) => parseForm(body).get('token'))
  assert.deepEqual(tokens(one), ['one_x'])
  assert.deepEqual(tokens(two), ['other'])
})

test('a JWT goes to the issuer it names, introspected or not', async (context) => {
  const { one, two, ask } = await setUp(context, (a, b) => [
    { issuer: a.issuer, introspection, opaquePrefix: 'one_' },
    { issuer: b.issuer, introspection, verification: 'by-format' },
  ])
  assert.equal(status(await ask(await one.sign())), 200)
  assert.equal(status(await ask(await two.sign())), 200)
  assert.equal(status(await ask('opaque')), 200)
  assert.deepEqual([one.counts.introspections, one.counts.keys], [1, 0])
  assert.deepEqual([two.counts.introspections, two.counts.keys], [1, 1])
})

test('an opaque token where every issuer is offline is refused unasked', async (context) => {
  const { one, two, ask, refusals } = await setUp(context, (a, b) => [a.issuer, b.issuer])
  for (const token of ['opaque', 'a.b.c', 'mmk_at_x']) {
    assert.equal(status(await ask(token)), 401)
    assert.equal(refusals.pop()?.check, 'jwt-malformed')
  }
  assert.deepEqual([asked(one), asked(two)], [0, 0])
})

test('lists of issuers that leave a choice open are refused at once', () => {
  const a = 'https://a.test'
  const b = 'https://b.test'
  const wrong: [ProtectOptions['issuer'], RegExp, Partial<ProtectOptions>?][] = [
    [[], /missing/],
    [[a, a], /twice/],
    [
      [
        { issuer: a, introspection },
        { issuer: b, introspection },
      ],
      /opaquePrefix/,
    ],
    [[a, b], /each of them/, { introspection }],
    [{ issuer: a, opaquePrefix: 'x' }, /no introspection/],
  ]
  for (const prefix of ['', 'e', 'ey', 'eyJhbGci', 'e30', 'a b', 'ä']) {
    wrong.push([{ issuer: a, introspection, opaquePrefix: prefix }, /cannot tell/])
  }
  const prefixed = (issuer: string, opaquePrefix: string): IssuerOptions => ({ issuer, introspection, opaquePrefix })
  wrong.push([[prefixed(a, 'at_'), prefixed(b, 'at_b_')], /have the opaquePrefix/])
  wrong.push([[prefixed(a, 'at_b_'), prefixed(b, 'at_')], /have the opaquePrefix/])
  wrong.push([[prefixed(a, 'at_'), prefixed(b, 'at_')], /have the opaquePrefix/])
  for (const [issuer, message, options] of wrong) {
    assert.throws(() => protect({ issuer, audience, ...options }), { name: 'TypeError', message })
  }
  assert.throws(() => protect({ issuer: [a, 'http://b.test'], audience }), { code: 'insecure_url' })
})

test('algorithms are those of the issuer, else those of all', async (context) => {
  const rsa = await signingKey('k2', 'RS256')
  const { one, two, ask } = await setUp(context, (a, b) => [{ issuer: a.issuer, algorithms: ['RS256'] }, b.issuer], {
    algorithms: ['ES256'],
  })
  for (const { state, key } of [one, two]) state.keys = [key.jwk, rsa.jwk]
  assert.equal(status(await ask(await one.sign({}, {}, rsa))), 200)
  assert.equal(status(await ask(await one.sign())), 401)
  assert.equal(status(await ask(await two.sign())), 200)
  assert.equal(status(await ask(await two.sign({}, {}, rsa))), 401)
})

test('an issuer that is away does not concern the tokens of another', async (context) => {
  const { one, two, api, ask } = await setUp(context, (a, b) => [a.issuer, b.issuer])
  one.state.down = true
  assert.equal(status(await ask(await one.sign())), 503)
  assert.equal(status(await ask(await two.sign())), 200)
  await assert.rejects(api.ready())
})

test('keys can be given, or their place, instead of found by metadata', async (context) => {
  const given = await setUp(context, (a) => ({ issuer: a.issuer, keys: { jwks: { keys: [a.key.jwk] } } }))
  await given.api.ready()
  assert.equal(status(await given.ask(await given.one.sign())), 200)
  const next = await signingKey('k2')
  assert.equal(status(await given.ask(await given.one.sign({}, {}, next))), 401)
  assert.equal(given.refusals.pop()?.check, 'unknown-key')
  assert.equal(asked(given.one), 0)

  const placed = await setUp(context, (a) => ({ issuer: a.issuer, keys: { jwksUri: `${a.url}/jwks` } }))
  assert.equal(status(await placed.ask(await placed.one.sign())), 200)
  assert.deepEqual(placed.one.counts, { metadata: 0, keys: 1, introspections: 0 })

  const issuer = 'https://as.test'
  const { privateKey } = given.one.key
  const wrong = [{}, { keys: {} }, { keys: ['x'] }, { keys: [await exportJWK(privateKey)] }, { keys: [{ kty: 'oct' }] }]
  for (const jwks of wrong) {
    assert.throws(() => protect({ issuer: { issuer, keys: { jwks: jwks as { keys: [] } } }, audience }), TypeError)
  }
  for (const jwksUri of ['http://as.test/jwks', '/jwks']) {
    assert.throws(() => protect({ issuer: { issuer, keys: { jwksUri } }, audience }), { code: 'insecure_url' })
  }
})

test('callers with one new token share its verification', async (context) => {
  let read = 0
  const { one, ask } = await setUp(context, (a) => a.issuer, {
    claims: (claims) => {
      read += 1
      return claims
    },
  })
  const token = await one.sign()
  const decisions = await Promise.all(Array.from({ length: 50 }, () => ask(token)))
  assert.ok(decisions.every(({ allowed }) => allowed))
  assert.equal(read, 1)
  const bad = await one.sign({ exp: start - 60 })
  for (const decision of await Promise.all(Array.from({ length: 50 }, () => ask(bad))))
    assert.equal(status(decision), 401)
  // Nothing of the shared refusal stays.
  assert.equal(status(await ask(bad)), 401)
})

test('a token is remembered for the settings it was verified under, and for no others', async (context) => {
  const { one, ask, clock } = await setUp(context, (a) => a.issuer)
  const token = await one.sign()
  assert.equal(status(await ask(token)), 200)
  const elsewhere = protect({ issuer: one.issuer, audience: 'https://api-b.test', currentTime: () => clock.wall })
  assert.equal(status(await elsewhere.authorize(apiRequest('/', `Bearer ${token}`), [])), 401)
  const stricter = protect({ issuer: one.issuer, audience, algorithms: ['PS256'], currentTime: () => clock.wall })
  assert.equal(status(await stricter.authorize(apiRequest('/', `Bearer ${token}`), [])), 401)
})

test('a key that stays keeps the tokens it has verified, and one that is gone takes them along', async (context) => {
  const verified: unknown[] = []
  const { one, ask, clock, refusals } = await setUp(context, (a) => a.issuer, {
    claims: (claims) => {
      verified.push(claims.jti)
      return claims
    },
  })
  const next = await signingKey('k2')
  const old = await one.sign({ jti: 'old', exp: start + 10_000 })
  assert.equal(status(await ask(old)), 200)
  one.state.keys = [one.key.jwk, next.jwk]
  const fresh = await one.sign({ jti: 'fresh', exp: start + 10_000 }, {}, next)
  assert.equal(status(await ask(fresh)), 200)
  assert.equal(status(await ask(old)), 200)
  assert.deepEqual(verified, ['old', 'fresh'])
  // The next refresh finds the old key gone; the token that began it may still pass, those after it do not.
  one.state.keys = [next.jwk]
  clock.monotonic += 300_000
  await ask(fresh)
  while (one.counts.keys < 3 || status(await ask(old)) === 200) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(refusals.pop()?.check, 'unknown-key')
  assert.equal(status(await ask(fresh)), 200)
  assert.deepEqual(verified, ['old', 'fresh'])
})

test('what a handler does to a token does not reach the next request', async (context) => {
  const { one, ask } = await setUp(context, (a) => a.issuer)
  const token = await one.sign({ act: { sub: ['x'] } })
  const decision = await ask(token)
  assert.ok(decision.allowed)
  const { scopes, claims } = decision.token
  const changes = [
    () => (scopes as string[]).push('api:admin'),
    () => Object.assign(decision.token, { clientId: 'admin' }),
    () => Object.assign(claims, { scope: 'api:admin' }),
    () => (claims.act as { sub: string[] }).sub.push('y'),
  ]
  for (const change of changes) assert.throws(change, TypeError)
  const again = await ask(token)
  assert.ok(again.allowed)
  assert.deepEqual([again.token.scopes, again.token.claims.act], [['api:read'], { sub: ['x'] }])
})

test('a clock that does not tell the time lets nobody in', async (context) => {
  const { one, ask, clock } = await setUp(context, (a) => a.issuer)
  const [first, second] = [await one.sign(), await one.sign()]
  assert.equal(status(await ask(first)), 200)
  clock.wall = Number.NaN
  for (const token of [first, second]) assert.equal(status(await ask(token)), 401)
})

test('neither memory nor refusal holds the token', async (context) => {
  const { one, api, ask, refusals } = await setUp(context, (a) => a.issuer)
  const good = await one.sign()
  const bad = await one.sign({ exp: start - 60 })
  const [header = '', , signature = ''] = good.split('.')
  const mangled = [`${header}.${base64url.encode('{"secret":"s3cr3t')}.${signature}`, `${good}!`, good.slice(0, -1)]
  assert.equal(status(await ask(good)), 200)
  for (const token of [bad, ...mangled]) assert.notEqual(status(await ask(token)), 200)
  const text = inspect([api, refusals], { depth: Number.POSITIVE_INFINITY, showHidden: true })
  for (const token of [good, bad, ...mangled]) {
    for (const part of token.split('.')) assert.ok(!text.includes(part), part)
  }
  assert.ok(!text.includes('s3cr3t'))
})

test('where the digest takes its time, as in workers, verification and memory are the same', async (context) => {
  const { key, sign, issuer } = await localIssuer(context)
  let verified = 0
  const one = trustedIssuer(
    { issuer, keys: { jwks: { keys: [key.jwk] } } },
    {
      audience,
      fetch,
      timeout: 1_000,
      now: () => 0,
      currentTime: () => start * 1_000,
      onTrouble: () => undefined,
      typed: async (token) => {
        verified += 1
        return token
      },
    },
  )
  const verify = tokenVerification([one], { now: () => 0, timeout: 1_000, digestOf: webDigest })
  const token = await sign()
  const tokens = await Promise.all([verify(token), verify(token), verify(token)])
  assert.deepEqual([verified, tokens.map(({ clientId }) => clientId)], [1, ['cb', 'cb', 'cb']])
  assert.equal(await verify(token), tokens[0])
  assert.equal(verified, 1)
  await assert.rejects(async () => verify(`${token}A`), { check: 'signature' })
  await assert.rejects(async () => verify(await sign({ exp: start - 60 })), { check: 'expired' })
})

test('the digest is the same on every platform', async () => {
  for (const token of ['', 'a', 'ä', 'x'.repeat(16_384)]) assert.equal(await webDigest(token), await tokenDigest(token))
})
