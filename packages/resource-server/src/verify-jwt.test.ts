import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base64url, exportSPKI, type JWK, SignJWT } from 'jose'
import { audience, type SigningKey, signingKey, start } from '../test/local-issuer.ts'
import { refusedToken, setUpOffline } from '../test/offline-api.ts'
import { protect } from './protect.ts'
import type { Algorithm } from './signature-algorithm.ts'

test('SEC-233: a good token is let in, and the handler sees what it says', async (context) => {
  const { ask, sign, issuer } = await setUpOffline(context)
  const decision = await ask(await sign({ scope: 'api:read api:write' }))
  assert.ok(decision.allowed)
  const { claims, ...token } = decision.token
  assert.deepEqual(token, {
    issuer,
    audience,
    clientId: 'cb',
    subject: 'cb',
    scopes: ['api:read', 'api:write'],
    expiresAt: start + 300,
  })
  assert.equal(claims.iss, issuer)
})

test('an audience among several is ours too', async (context) => {
  const { ask, sign } = await setUpOffline(context)
  assert.ok((await ask(await sign({ aud: ['https://other.test', audience] }))).allowed)
})

test('SEC-235: whatever is wrong with a token, the answer is the same', async (context) => {
  const { ask, sign, key, refusals, issuer } = await setUpOffline(context)
  const stranger = { ...(await signingKey('k1')), jwk: key.jwk }
  const good = await sign()
  const cut = good.lastIndexOf('.')
  const bad: [string, string][] = [
    ['expired', await sign({ exp: start - 11 })],
    ['signature', await sign({}, {}, stranger)],
    ['signature', `${good.slice(0, cut + 1)}${good[cut + 1] === 'A' ? 'B' : 'A'}${good.slice(cut + 2)}`],
    ['claim-iss', await sign({ iss: `${issuer}/` })],
    ['claim-aud', await sign({ aud: 'https://api-b.test' })],
    ['claim-aud', await sign({ aud: [] })],
    ['claim-nbf', await sign({ nbf: start + 11 })],
    ['claim-iat', await sign({ iat: start + 11 })],
    ['token-bound', await sign({ cnf: { jkt: 'x' } })],
  ]
  for (const [check, token] of bad) refusedToken(await ask(token), refusals, check)
})

test('clocks may differ by ten seconds', async (context) => {
  const { ask, sign } = await setUpOffline(context)
  for (const claims of [{ exp: start - 9 }, { nbf: start + 10 }, { iat: start + 10 }]) {
    assert.ok((await ask(await sign(claims))).allowed, JSON.stringify(claims))
  }
})

test('SEC-239: a token without signature, or with one made of the public key, is refused', async (context) => {
  const { ask, key, claims, refusals } = await setUpOffline(context)
  const part = (value: unknown) => base64url.encode(JSON.stringify(value))
  const unsigned = ['none', 'None', 'nOnE', 'NONE', '', undefined, null, ['ES256'], 7]
  for (const alg of unsigned) {
    const header = part({ alg, kid: 'k1', typ: 'at+jwt' })
    refusedToken(await ask(`${header}.${part(claims())}.`), refusals)
    refusedToken(await ask(`${header}.${part(claims())}.AAAA`), refusals)
  }
  const { publicKey, jwk } = await extractable(key)
  for (const secret of [await exportSPKI(publicKey), JSON.stringify(jwk), 'x']) {
    const forged = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256', kid: 'k1', typ: 'at+jwt' })
      .sign(new TextEncoder().encode(secret.padEnd(32)))
    refusedToken(await ask(forged), refusals, 'algorithm')
  }
})

async function extractable({ jwk }: SigningKey): Promise<{ publicKey: CryptoKey; jwk: JWK }> {
  const ec = { name: 'ECDSA', namedCurve: 'P-256' }
  return { publicKey: await crypto.subtle.importKey('jwk', jwk as JsonWebKey, ec, true, ['verify']), jwk }
}

test('SEC-239: only configured algorithms are accepted', async (context) => {
  const rsa = await signingKey('k2', 'RS256')
  const { ask, sign, state, key, refusals } = await setUpOffline(context, { algorithms: ['ES256'] })
  state.keys = [key.jwk, rsa.jwk]
  refusedToken(await ask(await sign({}, {}, rsa)), refusals, 'algorithm')
  assert.ok((await ask(await sign())).allowed)
})

test('every algorithm of the default list is verified', async (context) => {
  for (const algorithm of ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519']) {
    const { ask, sign, state } = await setUpOffline(context)
    const key = await signingKey('k2', algorithm)
    state.keys = [key.jwk]
    assert.ok((await ask(await sign({}, {}, key))).allowed, algorithm)
  }
})

test('SEC-239: no protection can be made that allows none or a symmetric algorithm', () => {
  for (const algorithms of [['none'], ['HS256'], ['ES256', 'HS256'], []]) {
    assert.throws(
      () => protect({ issuer: 'https://as.test', audience, algorithms: algorithms as Algorithm[] }),
      TypeError,
    )
  }
})

test('options that make no sense are refused at once', () => {
  assert.throws(() => protect({ issuer: 'http://as.test', audience }), { code: 'insecure_url' })
  assert.throws(() => protect({ issuer: 'https://as.test', audience: '' }), TypeError)
  assert.throws(() => protect({ issuer: 'https://as.test', audience, verification: 'introspection' }), TypeError)
})

test('SEC-241: only access tokens are access tokens', async (context) => {
  const { ask, sign, refusals } = await setUpOffline(context)
  for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt']) {
    assert.ok((await ask(await sign({}, { typ }))).allowed, typ)
  }
  for (const typ of ['JWT', undefined, '', 'dpop+jwt', 'token-introspection+jwt', 'at+jwt2']) {
    refusedToken(await ask(await sign({}, { typ } as { typ: string })), refusals, 'claim-typ')
  }
})

test('SEC-242: every claim of RFC 9068 is required, in its type', async (context) => {
  const { ask, sign, refusals } = await setUpOffline(context)
  for (const name of ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti']) {
    refusedToken(await ask(await sign({ [name]: undefined })), refusals, `claim-${name}`)
    refusedToken(await ask(await sign({ [name]: null })), refusals)
    refusedToken(await ask(await sign({ [name]: {} })), refusals)
    refusedToken(await ask(await sign({ [name]: '' })), refusals)
  }
  const wrong = [
    { exp: String(start + 300) },
    { iat: String(start) },
    { nbf: 'now' },
    { aud: 7 },
    { aud: { 0: audience } },
    { aud: [audience, 7] },
    { sub: 7 },
    { client_id: ['cb'] },
    { scope: ['api:read'] },
    { scope: 'api:read  api:write' },
  ]
  for (const claims of wrong) refusedToken(await ask(await sign(claims)), refusals)
})

test('SEC-082: keys that a token brings along are not keys', async (context) => {
  const { ask, sign, url, refusals, requests } = await setUpOffline(context)
  const attacker = await signingKey('k9')
  for (const header of [{ jwk: attacker.jwk }, { jku: `${url}/evil` }, { x5u: `${url}/evil` }, { x5c: ['AAAA'] }]) {
    refusedToken(await ask(await sign({}, { ...header, kid: 'k1' }, attacker)), refusals)
  }
  refusedToken(await ask(await sign({}, { crit: ['test-extension'], 'test-extension': 1 })), refusals)
  assert.ok(requests.every((request) => request.url !== '/evil'))
})

test('a remembered token ends with its expiry', async (context) => {
  const { ask, sign, clock, refusals } = await setUpOffline(context)
  const token = await sign()
  assert.ok((await ask(token)).allowed)
  clock.wall += 299_000
  assert.ok((await ask(token)).allowed)
  clock.wall += 12_000
  refusedToken(await ask(token), refusals, 'expired')
})

test('the leeway of clocks is for tokens that are verified, not for what is remembered', async (context) => {
  let verified = 0
  const { ask, sign, clock } = await setUpOffline(context, {
    claims: (claims) => {
      verified += 1
      return claims
    },
  })
  const token = await sign()
  for (const [after, count] of [
    [0, 1],
    [299_999, 1],
    [300_000, 2],
    [305_000, 3],
  ] as const) {
    clock.wall = start * 1_000 + after
    assert.ok((await ask(token)).allowed)
    assert.equal(verified, count, `after ${after} ms`)
  }
})

test('a remembered token ends with the key that signed it', async (context) => {
  const { ask, sign, state, clock, refusals } = await setUpOffline(context)
  const token = await sign({ exp: start + 10_000 })
  assert.ok((await ask(token)).allowed)
  const next = await signingKey('k2')
  state.keys = [next.jwk]
  assert.ok((await ask(await sign({}, {}, next))).allowed)
  refusedToken(await ask(token), refusals, 'unknown-key')
  assert.equal(clock.monotonic, 0)
})
