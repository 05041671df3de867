import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { createLocalJWKSet, exportJWK, generateKeyPair, type JWK, jwtVerify } from 'jose'
import { setUp, tokenAnswer } from '../test/local-source.ts'
import { TokenError } from './errors.ts'
import { type PrivateKey, privateKeyJwt } from './private-key-jwt.ts'

const request = {
  clientId: 'billing',
  endpoint: new URL('https://issuer.example/oauth2/token'),
  issuer: 'https://issuer.example',
  signal: new AbortController().signal,
}
const time = 1_790_000_000_000

const assertionFrom = async (options: Parameters<typeof privateKeyJwt>[0], more: Partial<typeof request> = {}) => {
  const { headers, parameters } = await privateKeyJwt({ currentTime: () => time, ...options }).authenticate({
    ...request,
    ...more,
  })
  assert.deepEqual(headers, {})
  const form = new Map(parameters)
  assert.equal(form.get('client_assertion_type'), 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
  assert.deepEqual([...form.keys()], ['client_assertion_type', 'client_assertion'])
  return form.get('client_assertion') ?? ''
}

test('an assertion is signed by each algorithm, for the issuer alone, for a minute', async () => {
  for (const algorithm of ['ES256', 'ES384', 'PS256', 'RS256', 'Ed25519'] as const) {
    const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true })
    const jwks = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: algorithm }] })
    const jwk = { ...((await exportJWK(privateKey)) as JsonWebKey), kid: 'k1', alg: algorithm }
    for (const options of [{ key: privateKey, kid: 'k1' }, { key: jwk }, { key: async () => jwk }]) {
      const { payload, protectedHeader } = await jwtVerify(await assertionFrom(options), jwks, {
        currentDate: new Date(time),
      })
      assert.deepEqual(protectedHeader, { alg: algorithm, typ: 'client-authentication+jwt', kid: 'k1' })
      const { jti, ...claims } = payload
      assert.match(String(jti), /^[\w-]{36}$/)
      const seconds = time / 1000
      assert.deepEqual(claims, {
        iss: 'billing',
        sub: 'billing',
        aud: 'https://issuer.example',
        iat: seconds,
        exp: seconds + 60,
      })
    }
  }
})

test('the audience is the issuer; without one, or when told so, the token endpoint', async () => {
  const { privateKey: key } = await generateKeyPair('ES256')
  const audienceOf = (assertion: string) => JSON.parse(atob(assertion.split('.')[1] ?? '')).aud
  assert.equal(audienceOf(await assertionFrom({ key })), request.issuer)
  assert.equal(audienceOf(await assertionFrom({ key }, { issuer: undefined as never })), request.endpoint.href)
  assert.equal(audienceOf(await assertionFrom({ key, audience: 'token-endpoint' })), request.endpoint.href)
  assert.equal(audienceOf(await assertionFrom({ key, audience: 'https://other.example' })), 'https://other.example')
})

test('each request has an assertion of its own, a repeated one too', async (context) => {
  const { privateKey: key } = await generateKeyPair('ES256')
  const { source, requests } = await setUp(
    context,
    (count) => (count === 1 ? { status: 503, body: {} } : tokenAnswer(count)),
    { credential: privateKeyJwt({ key }) },
  )
  await source.token()
  const sent = requests.map(({ body }) => new URLSearchParams(body).get('client_assertion'))
  assert.equal(sent.length, 2)
  assert.equal(new Set(sent).size, 2)
})

test('a key that cannot be used says so without showing itself', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = (await exportJWK(privateKey)) as JWK & { readonly d: string }
  const unusable: PrivateKey[] = [
    publicKey,
    (await exportJWK(publicKey)) as JsonWebKey,
    { ...(jwk as JsonWebKey), x: 'AAAA' },
    { kty: 'oct', k: 'c2VjcmV0' },
    { kty: 'EC', crv: 'secp256k1', d: jwk.d },
    {},
  ]
  for (const key of unusable) {
    const credential = privateKeyJwt({ key })
    await assert.rejects(
      async () => credential.authenticate(request),
      (error: unknown) => {
        assert.ok(error instanceof TokenError)
        assert.equal(error.code, 'secret_unavailable')
        assert.ok(!inspect(error, { depth: 9 }).includes(jwk.d))
        return true
      },
    )
  }
  const failing = privateKeyJwt({
    key: () => {
      throw new Error(`no ${jwk.d}`)
    },
  })
  await assert.rejects(
    async () => failing.authenticate(request),
    (error: unknown) => {
      assert.ok(!inspect(error, { depth: 9 }).includes(jwk.d))
      return error instanceof TokenError && error.code === 'secret_unavailable'
    },
  )
  assert.ok(!inspect(privateKeyJwt({ key: jwk as JsonWebKey }), { depth: 9 }).includes(jwk.d))
  assert.ok(!JSON.stringify(privateKeyJwt({ key: jwk as JsonWebKey })).includes(jwk.d))
})

test('options that make no sense are refused at once', () => {
  for (const wrong of [{ key: undefined as never }, { key: {}, lifetime: 0 }, { key: {}, lifetime: 301 }]) {
    assert.throws(() => privateKeyJwt(wrong), { name: 'TokenError', code: 'invalid_configuration' })
  }
})
