import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { inspect } from 'node:util'
import { checkDpopTarget, readDpopProof } from '@mintmark/protocol'
import { compactVerify, importJWK } from 'jose'
import { type CannedAnswer, cannedServer, type SeenRequest } from '../test/local-server.ts'
import { authorizedDispatch } from './adapters/undici.ts'
import { sharedTokenCache } from './cache/shared-token-cache.ts'
import { dpopKey } from './dpop.ts'
import { TokenError } from './errors.ts'
import { authorizedFetch } from './fetch.ts'
import { privateKeyJwt } from './private-key-jwt.ts'
import { type TokenSourceOptions, tokenSource } from './token-source.ts'

type Answer = (request: SeenRequest, count: number) => CannedAnswer | Promise<CannedAnswer>
const issue: Answer = (_, count) => ({
  body: { access_token: `t${count}`, token_type: 'DPoP', expires_in: 600 },
})
const wantsNonce = (nonce: string): CannedAnswer => ({
  status: 400,
  headers: { 'dpop-nonce': nonce },
  body: { error: 'use_dpop_nonce' },
})
const apiWantsNonce = (nonce: string): CannedAnswer => ({
  status: 401,
  headers: { 'dpop-nonce': nonce, 'www-authenticate': 'Bearer realm="x", DPoP realm="x", error="use_dpop_nonce"' },
})

async function setUp(
  context: TestContext,
  answers: { readonly token?: Answer; readonly api?: Answer } = {},
  more: Partial<TokenSourceOptions> = {},
) {
  const as = await cannedServer(context, answers.token ?? issue)
  const api = await cannedServer(context, answers.api ?? (() => ({})))
  const source = tokenSource({
    tokenEndpoint: `${as.url}/token`,
    clientId: 'a',
    credential: 'b',
    dpop: dpopKey(),
    ...more,
  })
  return { as, api, source, call: authorizedFetch(source) }
}

/** The proof of a request, which holds for it as far as its maker goes. */
async function proofOf(request: SeenRequest | undefined, base: string) {
  assert.ok(request !== undefined)
  const text = String(request.headers.dpop)
  const proof = readDpopProof(text)
  await compactVerify(text, await importJWK({ ...proof.jwk }, proof.algorithm))
  checkDpopTarget(proof, request.method, `${base}${request.url}`, Date.now() / 1_000)
  return proof
}

const athOf = (token: string) => createHash('sha256').update(token).digest('base64url')
const hasCode = (code: string) => (error: unknown) => error instanceof TokenError && error.code === code

test('a token request and each API request have a proof of their own, by one key', async (context) => {
  const { as, api, source, call } = await setUp(context)
  await call(`${api.url}/x?y=z#fragment`, { method: 'post', body: 'hello' })
  await call(new Request(`${api.url}/x`, { method: 'DELETE' }))
  const asked = await proofOf(as.requests[0], as.url)
  assert.equal(asked.ath, undefined)
  const [one, two] = [await proofOf(api.requests[0], api.url), await proofOf(api.requests[1], api.url)]
  assert.deepEqual(
    api.requests.map(({ method, headers }) => [method, headers.authorization]),
    [
      ['POST', 'DPoP t1'],
      ['DELETE', 'DPoP t1'],
    ],
  )
  for (const proof of [one, two]) {
    assert.equal(proof.ath, athOf('t1'))
    assert.equal(proof.thumbprintInput, asked.thumbprintInput)
  }
  assert.equal(new Set([asked.jti, one.jti, two.jti]).size, 3)
  assert.equal((await source.token()).type, 'DPoP')
})

test('SEC-272: a bearer token in place of a bound one is refused, and a bound one that nobody asked for', async (context) => {
  for (const [type, more] of [
    ['Bearer', {}],
    ['mac', {}],
    [undefined, {}],
    ['DPoP', { dpop: undefined }],
  ] as const) {
    const token = () => ({ body: { access_token: 't', token_type: type, expires_in: 600 } })
    const { source, as } = await setUp(context, { token }, more)
    await assert.rejects(source.token(), hasCode('invalid_response'))
    assert.equal(as.requests.length, 1)
  }
})

test('SEC-278: the nonce of the token endpoint is used, once for a refusal, and the newest from then on', async (context) => {
  const keys = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [
    'sign',
  ])) as CryptoKeyPair
  const token: Answer = async (request, count) => {
    const { nonce } = readDpopProof(String(request.headers.dpop))
    if (nonce === undefined) return wantsNonce('n1')
    const issued = await issue(request, count)
    return { ...issued, headers: { 'dpop-nonce': `n${count}` } }
  }
  const { source, as } = await setUp(context, { token }, { credential: privateKeyJwt({ key: keys.privateKey }) })
  const first = await source.token()
  await source.renewToken(first)
  const nonces = await Promise.all(as.requests.map(async (one) => (await proofOf(one, as.url)).nonce))
  assert.deepEqual(nonces, [undefined, 'n1', 'n2'])
  // Neither the proof nor the assertion is sent twice.
  const assertions = as.requests.map(({ body }) => new URLSearchParams(body).get('client_assertion'))
  assert.equal(new Set(assertions).size, 3)
})

test('SEC-278: a server that always wants another nonce is asked twice and no more', async (context) => {
  const { source, as } = await setUp(context, { token: (_, count) => wantsNonce(`n${count}`) })
  await assert.rejects(source.token(), (error: TokenError) => error.oauthError === 'use_dpop_nonce')
  assert.equal(as.requests.length, 2)
})

test('SEC-278: an API that wants a nonce gets it with the same token, and nonces are kept apart by origin', async (context) => {
  const api: Answer = (request, count) => {
    const { nonce } = readDpopProof(String(request.headers.dpop))
    return nonce === undefined ? apiWantsNonce('a1') : { headers: { 'dpop-nonce': `a${count}` } }
  }
  const { as, api: seen, source, call } = await setUp(context, { api })
  assert.equal((await call(`${seen.url}/x`, { method: 'POST', body: 'again' })).status, 200)
  assert.equal((await call(`${seen.url}/y`)).status, 200)
  const proofs = await Promise.all(seen.requests.map((one) => proofOf(one, seen.url)))
  assert.deepEqual(
    proofs.map(({ nonce }) => nonce),
    [undefined, 'a1', 'a2'],
  )
  assert.deepEqual(
    seen.requests.map(({ body }) => body),
    ['again', 'again', ''],
  )
  await source.renewToken(await source.token())
  assert.equal((await proofOf(as.requests[1], as.url)).nonce, undefined)
  assert.equal(as.requests.length, 2)
})

test('SEC-278: an API that always wants another nonce is asked twice, and renews nothing', async (context) => {
  const { as, api, call } = await setUp(context, { api: (_, count) => apiWantsNonce(`a${count}`) })
  assert.equal((await call(api.url)).status, 401)
  assert.equal(api.requests.length, 2)
  assert.equal(as.requests.length, 1)
})

test('SEC-278: a request whose body is a stream is not repeated, and the next one has the nonce', async (context) => {
  const { api, call } = await setUp(context, { api: (_, count) => (count === 1 ? apiWantsNonce('a1') : {}) })
  const body = new Blob(['x']).stream()
  assert.equal((await call(api.url, { method: 'POST', body, duplex: 'half' } as RequestInit)).status, 401)
  assert.equal((await call(api.url)).status, 200)
  assert.equal((await proofOf(api.requests[1], api.url)).nonce, 'a1')
})

test('SEC-267: a 401 for the token renews it, and the repeated request has a new proof', async (context) => {
  const api: Answer = ({ headers }) => ({ status: headers.authorization === 'DPoP t1' ? 401 : 200 })
  const { as, api: seen, call } = await setUp(context, { api })
  assert.equal((await call(seen.url)).status, 200)
  const [one, two] = await Promise.all(seen.requests.map((request) => proofOf(request, seen.url)))
  assert.notEqual(one?.jti, two?.jti)
  assert.equal(two?.ath, athOf('t2'))
  assert.equal(as.requests.length, 2)
})

test('SEC-271: a proof is for one URL: no redirect is followed', async (context) => {
  const api: Answer = () => ({ status: 307, headers: { location: '/elsewhere' } })
  const { api: seen, call } = await setUp(context, { api })
  assert.equal((await call(seen.url)).status, 307)
  assert.equal(seen.requests.length, 1)
  await assert.rejects(call(new Request(seen.url, { redirect: 'error' })))
})

test('bound tokens are not for a cache, nor for what sends no proofs', async (context) => {
  const store = {
    sealingSecret: () => 'a secret',
    read: async () => assert.fail('read'),
    write: async () => assert.fail('written'),
    exclusively: async () => assert.fail('locked'),
  }
  await assert.rejects(setUp(context, {}, { cache: sharedTokenCache(store) }), hasCode('invalid_configuration'))
  const { source, api } = await setUp(context)
  assert.throws(() => authorizedDispatch(source, { origins: [api.url] }), hasCode('invalid_configuration'))
})

const pairs = [
  ['ES256', { name: 'ECDSA', namedCurve: 'P-256' }],
  ['ES384', { name: 'ECDSA', namedCurve: 'P-384' }],
  ['Ed25519', { name: 'Ed25519' }],
  ['PS256', { name: 'RSA-PSS', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }],
] as const
for (const [algorithm, parameters] of pairs) {
  test(`keys of ${algorithm} may be given`, async (context) => {
    const keys = (await crypto.subtle.generateKey(parameters as EcKeyGenParams, false, [
      'sign',
      'verify',
    ])) as CryptoKeyPair
    const { source, as } = await setUp(context, {}, { dpop: dpopKey({ keys }) })
    await source.token()
    assert.equal((await proofOf(as.requests[0], as.url)).algorithm, algorithm)
  })
}

test('options that make no sense are refused at once', () => {
  assert.throws(() => dpopKey({ key: 1 } as object), hasCode('invalid_configuration'))
  const options = { tokenEndpoint: 'http://localhost/', clientId: 'a', credential: 'b', dpop: true }
  assert.throws(() => tokenSource(options as unknown as TokenSourceOptions), hasCode('invalid_configuration'))
})

test('keys that are no pair, or for something else, are refused at once', async () => {
  const generate = (parameters: object, uses: readonly KeyUsage[]) =>
    crypto.subtle.generateKey(parameters as EcKeyGenParams, false, [...uses]) as Promise<CryptoKeyPair>
  const ec = await generate({ name: 'ECDSA', namedCurve: 'P-256' }, ['sign'])
  const other = await generate({ name: 'ECDSA', namedCurve: 'P-384' }, ['sign'])
  const exchange = await generate({ name: 'ECDH', namedCurve: 'P-256' }, ['deriveBits'])
  const wrong = [
    {},
    exchange,
    { privateKey: ec.privateKey },
    { privateKey: ec.publicKey, publicKey: ec.publicKey },
    { privateKey: ec.privateKey, publicKey: other.publicKey },
  ]
  for (const keys of wrong) {
    assert.throws(() => dpopKey({ keys: keys as CryptoKeyPair }), hasCode('invalid_configuration'))
  }
})

test('SEC-275: neither token nor proof shows in what is printed, and the key cannot be had', async (context) => {
  const { source, as } = await setUp(context)
  const token = await source.token()
  const shown = [inspect(source, { depth: 9 }), inspect(token), JSON.stringify(token), JSON.stringify(source)].join()
  assert.ok(!shown.includes('t1'))
  assert.ok(!shown.includes(String(as.requests[0]?.headers.dpop)))
})
