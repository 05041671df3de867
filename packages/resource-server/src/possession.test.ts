import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, randomUUID, sign as signBytes } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { dpopAlgorithms, type OAuthError } from '@mintmark/protocol'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { audience, localIssuer, start } from '../test/local-issuer.ts'
import type { DpopOptions } from './possession.ts'
import { protect } from './protect.ts'
import { tokenDigest } from './token-digest.ts'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = publicKey.export({ format: 'jwk' }) as JWK
const jkt = await calculateJwkThumbprint(jwk)
const algs = dpopAlgorithms.join(' ')

type Part = Readonly<Record<string, unknown>>
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const athOf = async (token: string) => Buffer.from(await tokenDigest(token), 'base64').toString('base64url')

async function proofFor(token: string, claims: Part = {}, header: Part = {}, key: KeyObject = privateKey) {
  const all = { jti: randomUUID(), htm: 'GET', htu: `${audience}/read`, iat: start, ath: await athOf(token), ...claims }
  const input = `${encode({ typ: 'dpop+jwt', alg: 'ES256', jwk, ...header })}.${encode(all)}`
  const signature = signBytes('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

async function setUp(context: TestContext, dpop: 'off' | 'accepted' | 'required' | DpopOptions = 'accepted') {
  const issuer = await localIssuer(context)
  const clock = { wall: start * 1_000, elapsed: 0 }
  const refusals: OAuthError[] = []
  const api = protect({
    issuer: issuer.issuer,
    audience,
    dpop,
    metadata: true,
    currentTime: () => clock.wall,
    now: () => clock.elapsed,
    onRefusal: (error) => refusals.push(error),
  })
  const request = (authorization: string, proofs: readonly string[] = [], url = '/read?x=1', method = 'GET') => ({
    method,
    url,
    header: (name: string) => (name === 'authorization' ? [authorization] : name === 'dpop' ? proofs : []),
  })
  const ask = (authorization: string, proofs: readonly string[] = [], url?: string, method?: string) =>
    api.authorize(request(authorization, proofs, url, method), ['api:read'])
  const bound = await issuer.sign({ cnf: { jkt } })
  const refused = async (
    asking: ReturnType<typeof ask>,
    error: string,
    check: string,
    scheme = 'DPoP',
  ): Promise<Readonly<Record<string, string>>> => {
    const decision = await asking
    assert.ok(!decision.allowed, `${check}: allowed`)
    assert.equal(decision.status, 401)
    const challenge = decision.headers['WWW-Authenticate'] ?? ''
    assert.ok(challenge.startsWith(`${scheme} realm="${audience}", error="${error}"`), challenge)
    assert.equal(challenge.includes(`algs="${algs}"`), scheme === 'DPoP')
    assert.equal(JSON.parse(decision.body).error, error)
    const refusal = refusals.pop()
    assert.equal(refusal?.check, check)
    return decision.headers
  }
  return { ...issuer, api, ask, bound, clock, refused, refusals }
}

test('SEC-258: a bound token with its proof is let in, once', async (context) => {
  const { ask, bound, refused } = await setUp(context)
  const proof = await proofFor(bound)
  const decision = await ask(`DPoP ${bound}`, [proof])
  assert.ok(decision.allowed)
  assert.deepEqual(decision.token.confirmation, { jkt })
  await refused(ask(`DPoP ${bound}`, [proof]), 'invalid_dpop_proof', 'dpop-proof-used-once')
  assert.ok((await ask(`dpop ${bound}`, [await proofFor(bound)])).allowed)
})

test('SEC-258: every other use of a bound token is refused', async (context) => {
  const { ask, bound, refused, sign } = await setUp(context)
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const otherJwk = other.publicKey.export({ format: 'jwk' })
  const proof = (claims: Part = {}, header: Part = {}, key?: KeyObject) => proofFor(bound, claims, header, key)

  await refused(ask(`Bearer ${bound}`), 'invalid_token', 'token-bound')
  await refused(ask(`Bearer ${bound}`, [await proof()]), 'invalid_token', 'token-bound')
  await refused(ask(`DPoP ${bound}`), 'invalid_dpop_proof', 'dpop-proof-present')
  const two = [await proof(), await proof()]
  await refused(ask(`DPoP ${bound}`, two), 'invalid_dpop_proof', 'dpop-header-repeated')
  await refused(ask(`DPoP ${bound}`, [two.join(', ')]), 'invalid_dpop_proof', 'dpop-malformed')
  const wrong: readonly (readonly [string, string])[] = [
    ['dpop-ath', await proof({ ath: undefined })],
    ['dpop-ath', await proof({ ath: await athOf('another') })],
    ['dpop-key', await proof({}, { jwk: otherJwk }, other.privateKey)],
    ['dpop-signature', await proof({}, {}, other.privateKey)],
    ['dpop-htm', await proof({ htm: 'POST' })],
    ['dpop-htu', await proof({ htu: `${audience}/write` })],
    ['dpop-htu', await proof({ htu: 'https://other.test/read' })],
    ['dpop-iat', await proof({ iat: start - 3_600 })],
    ['dpop-iat', await proof({ iat: start + 3_600 })],
    ['dpop-jwk-public', await proof({}, { jwk: privateKey.export({ format: 'jwk' }) })],
    ['dpop-typ', await proof({}, { typ: 'JWT' })],
    ['dpop-algorithm', await proof({}, { alg: 'none' })],
    ['dpop-jti', await proof({ jti: undefined })],
    ['dpop-malformed', 'x'],
  ]
  for (const [check, one] of wrong) await refused(ask(`DPoP ${bound}`, [one]), 'invalid_dpop_proof', check)
  const unbound = await sign()
  await refused(ask(`DPoP ${unbound}`, [await proofFor(unbound)]), 'invalid_token', 'token-not-bound')
  const certificate = await sign({ cnf: { 'x5t#S256': 'A'.repeat(43) } })
  const both = await sign({ cnf: { jkt, 'x5t#S256': 'A'.repeat(43) } })
  for (const one of [certificate, both, await sign({ cnf: {} }), await sign({ cnf: jkt })]) {
    await refused(ask(`DPoP ${one}`, [await proofFor(one)]), 'invalid_token', 'token-bound')
  }
})

test('SEC-258: off, as it is by default, bound tokens are refused with any proof', async (context) => {
  const { ask, bound, refused, sign } = await setUp(context, 'off')
  await refused(ask(`Bearer ${bound}`, [await proofFor(bound)]), 'invalid_token', 'token-bound', 'Bearer')
  const decision = await ask(`DPoP ${bound}`, [await proofFor(bound)])
  assert.ok(!decision.allowed)
  assert.equal(decision.status, 401)
  assert.ok((await ask(`Bearer ${await sign()}`)).allowed)
})

test('required, bearer tokens are refused; accepted, they are let in', async (context) => {
  const { ask, bound, refused, sign, api } = await setUp(context, 'required')
  await refused(ask(`Bearer ${await sign()}`), 'invalid_token', 'token-not-bound')
  assert.ok((await ask(`DPoP ${bound}`, [await proofFor(bound)])).allowed)
  assert.equal(api.metadata?.document.dpop_bound_access_tokens_required, true)
  assert.deepEqual(api.metadata?.document.dpop_signing_alg_values_supported, dpopAlgorithms)
  const both = await setUp(context)
  assert.ok((await both.ask(`Bearer ${await both.sign()}`)).allowed)
  assert.equal(both.api.metadata?.document.dpop_bound_access_tokens_required, undefined)
})

test('who brings no token is told of every scheme that is taken', async (context) => {
  const challengeOf = async (dpop: 'off' | 'accepted' | 'required') => {
    const { ask } = await setUp(context, dpop)
    const decision = await ask('')
    assert.ok(!decision.allowed)
    return decision.headers['WWW-Authenticate']?.replace(/, resource_metadata="[^"]*"/g, '')
  }
  const [bearer, dpop] = [`Bearer realm="${audience}"`, `DPoP realm="${audience}", algs="${algs}"`]
  assert.equal(await challengeOf('off'), bearer)
  assert.equal(await challengeOf('accepted'), `${bearer}, ${dpop}`)
  assert.equal(await challengeOf('required'), dpop)
})

test('behind a proxy the public URL counts, and not the path or host that arrives', async (context) => {
  const { ask, bound, refused } = await setUp(context, { mode: 'accepted', publicUrl: 'https://public.test/v1/' })
  const proof = await proofFor(bound, { htu: 'https://PUBLIC.test:443/v1/read' })
  assert.ok((await ask(`DPoP ${bound}`, [proof])).allowed)
  const absolute = await proofFor(bound, { htu: 'https://public.test/v1/read' })
  assert.ok((await ask(`DPoP ${bound}`, [absolute], 'http://inside:8080/read?x')).allowed)
  const inside = await proofFor(bound, { htu: 'http://inside:8080/read' })
  await refused(ask(`DPoP ${bound}`, [inside], 'http://inside:8080/read'), 'invalid_dpop_proof', 'dpop-htu')
})

test('a nonce is asked for, accepted for its time, and then asked for anew', async (context) => {
  const secret = new Uint8Array(32).fill(7)
  const { ask, bound, refused, clock } = await setUp(context, { mode: 'accepted', nonces: { secret } })
  const nonceOf = async (claims: Part) =>
    (await refused(ask(`DPoP ${bound}`, [await proofFor(bound, claims)]), 'use_dpop_nonce', 'dpop-nonce'))['DPoP-Nonce']
  const nonce = await nonceOf({})
  assert.match(nonce ?? '', /^[\w-]{24}$/)
  await nonceOf({ nonce: 'guessed' })
  assert.ok((await ask(`DPoP ${bound}`, [await proofFor(bound, { nonce })])).allowed)
  // Another process with the same secret.
  const twin = await setUp(context, { mode: 'accepted', nonces: { secret } })
  assert.ok((await twin.ask(`DPoP ${twin.bound}`, [await proofFor(twin.bound, { nonce })])).allowed)
  clock.wall += 180_000
  assert.notEqual(await nonceOf({ nonce, iat: start + 180 }), nonce)
})

test('a store of the caller decides what was used; one that fails is 503, and so is a full memory', async (context) => {
  const seen = new Set<string>()
  const expiries: number[] = []
  const proofs = {
    use: async (id: string, expires: number) => {
      assert.match(id, /^[\w-]{43}$/)
      expiries.push(expires)
      const first = !seen.has(id)
      seen.add(id)
      return first
    },
  }
  const [one, two] = [
    await setUp(context, { mode: 'accepted', proofs }),
    await setUp(context, { mode: 'accepted', proofs }),
  ]
  const jti = randomUUID()
  assert.ok((await one.ask(`DPoP ${one.bound}`, [await proofFor(one.bound, { jti })])).allowed)
  const replay = two.ask(`DPoP ${two.bound}`, [await proofFor(two.bound, { jti })])
  await two.refused(replay, 'invalid_dpop_proof', 'dpop-proof-used-once')
  assert.deepEqual(new Set(expiries), new Set([(start + 75) * 1_000]))

  const broken = { use: () => Promise.reject(new Error('gone')) }
  for (const dpop of [
    { mode: 'accepted', proofs: broken },
    { mode: 'accepted', maximumProofs: 1 },
  ] as const) {
    const { ask, bound, refusals, clock } = await setUp(context, dpop)
    const first = await ask(`DPoP ${bound}`, [await proofFor(bound)])
    assert.equal(first.allowed, !('proofs' in dpop))
    const decision = await ask(`DPoP ${bound}`, [await proofFor(bound)])
    assert.ok(!decision.allowed)
    assert.equal(decision.status, 503)
    assert.equal(refusals.pop()?.check, 'dpop-proofs-unavailable')
    clock.wall += 120_000
    clock.elapsed += 120_000
    const later = await ask(`DPoP ${bound}`, [await proofFor(bound, { iat: start + 120 })])
    assert.equal(later.allowed, !('proofs' in dpop), 'what expired makes room')
  }
})

test('options that make no sense are refused at once', () => {
  const make = (dpop: unknown, of = audience) =>
    protect({ issuer: 'https://issuer.test', audience: of, dpop: dpop as DpopOptions })
  for (const [dpop, of] of [
    ['on'],
    [{}],
    [{ mode: 'off' }],
    [{ mode: 'accepted', publicURL: 'https://a.test' }],
    ['accepted', 'urn:api'],
    [{ mode: 'accepted', publicUrl: 'https://a.test/?x' }],
    [{ mode: 'accepted', maximumProofs: 0 }],
    [{ mode: 'accepted', nonces: { secret: new Uint8Array(8) } }],
  ] as const) {
    assert.throws(() => make(dpop, of), TypeError, JSON.stringify(dpop))
  }
  assert.throws(() => make({ mode: 'accepted', publicUrl: 'http://a.test' }), { code: 'insecure_url' })
  assert.ok(make({ mode: 'accepted', publicUrl: 'https://a.test' }, 'urn:api'))
})
