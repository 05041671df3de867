import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { OAuthError } from '@mintmark/protocol'
import fc from 'fast-check'
import { base64url, exportSPKI, type JWK, SignJWT } from 'jose'
import type { CannedAnswer } from '../../client/test/local-server.ts'
import { apiRequest, audience, localIssuer, type SigningKey, signingKey, start } from '../test/local-issuer.ts'
import type { Decision } from './authorize-request.ts'
import { type ProtectOptions, protect } from './protect.ts'
import type { Algorithm } from './signature-algorithm.ts'

async function setUp(context: TestContext, options: Partial<ProtectOptions> = {}) {
  const issuer = await localIssuer(context)
  const clock = { wall: start * 1_000, monotonic: 0 }
  const refusals: OAuthError[] = []
  const troubles: unknown[] = []
  const api = protect({
    issuer: issuer.issuer,
    audience,
    currentTime: () => clock.wall,
    now: () => clock.monotonic,
    onRefusal: (error) => refusals.push(error),
    onTrouble: (error) => troubles.push(error),
    ...options,
  })
  const ask = (token: string, scopes: readonly string[] = ['api:read']) =>
    api.authorize(apiRequest('/read', `Bearer ${token}`), scopes)
  return { ...issuer, api, ask, clock, refusals, troubles }
}

/** Checks the one answer that every bad token gets, and what the operator hears. */
function refusedToken(decision: Decision, refusals: OAuthError[], check?: string) {
  assert.ok(!decision.allowed)
  assert.equal(decision.status, 401)
  assert.equal(
    decision.headers['WWW-Authenticate'],
    `Bearer realm="${audience}", error="invalid_token", error_description="The access token is not valid."`,
  )
  assert.deepEqual(JSON.parse(decision.body), {
    error: 'invalid_token',
    error_description: 'The access token is not valid.',
  })
  const refusal = refusals.pop()
  if (check !== undefined) assert.equal(refusal?.check, check)
}

function undecided(decision: Decision) {
  assert.ok(!decision.allowed)
  assert.equal(decision.status, 503)
  assert.equal(decision.headers['Retry-After'], '5')
  assert.equal(JSON.parse(decision.body).error, 'temporarily_unavailable')
}

test('SEC-233: a good token is let in, and the handler sees what it says', async (context) => {
  const { ask, sign, issuer } = await setUp(context)
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
  const { ask, sign } = await setUp(context)
  assert.ok((await ask(await sign({ aud: ['https://other.test', audience] }))).allowed)
})

test('SEC-235: whatever is wrong with a token, the answer is the same', async (context) => {
  const { ask, sign, key, refusals, issuer } = await setUp(context)
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
  const { ask, sign } = await setUp(context)
  for (const claims of [{ exp: start - 9 }, { nbf: start + 10 }, { iat: start + 10 }]) {
    assert.ok((await ask(await sign(claims))).allowed, JSON.stringify(claims))
  }
})

test('SEC-239: a token without signature, or with one made of the public key, is refused', async (context) => {
  const { ask, key, claims, refusals } = await setUp(context)
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
  const { ask, sign, state, key, refusals } = await setUp(context, { algorithms: ['ES256'] })
  state.keys = [key.jwk, rsa.jwk]
  refusedToken(await ask(await sign({}, {}, rsa)), refusals, 'algorithm')
  assert.ok((await ask(await sign())).allowed)
})

test('every algorithm of the default list is verified', async (context) => {
  for (const algorithm of ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519']) {
    const { ask, sign, state } = await setUp(context)
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
  const { ask, sign, refusals } = await setUp(context)
  for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt']) {
    assert.ok((await ask(await sign({}, { typ }))).allowed, typ)
  }
  for (const typ of ['JWT', undefined, '', 'dpop+jwt', 'token-introspection+jwt', 'at+jwt2']) {
    refusedToken(await ask(await sign({}, { typ } as { typ: string })), refusals, 'claim-typ')
  }
})

test('SEC-242: every claim of RFC 9068 is required, in its type', async (context) => {
  const { ask, sign, refusals } = await setUp(context)
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
  const { ask, sign, url, refusals, requests } = await setUp(context)
  const attacker = await signingKey('k9')
  for (const header of [{ jwk: attacker.jwk }, { jku: `${url}/evil` }, { x5u: `${url}/evil` }, { x5c: ['AAAA'] }]) {
    refusedToken(await ask(await sign({}, { ...header, kid: 'k1' }, attacker)), refusals)
  }
  refusedToken(await ask(await sign({}, { crit: ['test-extension'], 'test-extension': 1 })), refusals)
  assert.ok(requests.every((request) => request.url !== '/evil'))
})

test('SEC-248: an unknown key is fetched once, and a flood of them costs one more request per cool-down', async (context) => {
  const { ask, sign, state, key, counts, clock, refusals } = await setUp(context)
  const good = await sign()
  assert.ok((await ask(good)).allowed)
  assert.equal(counts.keys, 1)
  const rotated = await signingKey('k2')
  state.keys = [key.jwk, rotated.jwk]
  const fresh = await sign({}, {}, rotated)
  assert.ok((await Promise.all(Array.from({ length: 20 }, () => ask(fresh)))).every(({ allowed }) => allowed))
  assert.equal(counts.keys, 2)
  for (let index = 0; index < 200; index += 1) {
    clock.monotonic += 25
    refusedToken(await ask(await sign({}, { kid: `random-${index}` })), refusals, 'unknown-key')
    if (index % 50 === 0) assert.ok((await ask(await sign())).allowed)
  }
  assert.equal(counts.keys, 2)
  clock.monotonic += 30_000
  refusedToken(await ask(await sign({}, { kid: 'random' })), refusals, 'unknown-key')
  assert.equal(counts.keys, 3)
})

test('SEC-250: keys at hand serve while the server is away, up to an hour past their renewal, then it is 503', async (context) => {
  const { ask, sign, state, clock, troubles } = await setUp(context)
  assert.ok((await ask(await sign())).allowed)
  state.down = true
  const limit = 300_000 + 3_600_000
  const remembered = await sign({ exp: start + 10_000 })
  for (let time = 0; time < limit; time += 150_000) {
    clock.monotonic = time
    assert.ok((await ask(await sign())).allowed, `after ${time} ms`)
    assert.ok((await ask(remembered)).allowed)
  }
  assert.ok(troubles.length > 0)
  clock.monotonic = limit
  undecided(await ask(await sign()))
  undecided(await ask(remembered))
  state.down = false
  clock.monotonic += 1_000
  assert.ok((await ask(remembered)).allowed)
})

test('a token with an unknown key while the server is away is undecided', async (context) => {
  const { ask, sign, state, clock } = await setUp(context)
  assert.ok((await ask(await sign())).allowed)
  state.down = true
  const unknown = await sign({}, { kid: 'k2' })
  undecided(await ask(unknown))
  clock.monotonic += 2_000
  undecided(await ask(unknown))
})

test('SEC-251: without keys and without the server it is 503, until the server is back', async (context) => {
  const { ask, sign, state, clock, counts } = await setUp(context)
  state.down = true
  const token = await sign()
  const decisions = await Promise.all(Array.from({ length: 20 }, () => ask(token)))
  for (const decision of decisions) undecided(decision)
  undecided(await ask(token))
  assert.equal(counts.metadata, 1)
  state.down = false
  clock.monotonic += 1_000
  assert.ok((await ask(token)).allowed)
})

test('SEC-254: an issuer whose metadata is wrong decides nothing, and says why when asked', async (context) => {
  for (const metadata of [
    { issuer: 'https://other.test' },
    { jwks_uri: 'http://other.test/jwks' },
    { jwks_uri: '/jwks' },
    { jwks_uri: undefined },
  ]) {
    const { api, ask, sign, state } = await setUp(context)
    state.metadata = metadata
    undecided(await ask(await sign()))
    await assert.rejects(api.ready(), /metadata|jwks_uri/)
  }
  const good = await setUp(context)
  await good.api.ready()
  assert.equal(good.counts.keys, 1)
})

test('a key set that is none, or has secret or private keys, gives no keys', async (context) => {
  const oct = { kty: 'oct', k: 'AAAA', kid: 'k1' }
  for (const keys of [['x'], [oct], [{ kty: 'EC', d: 'x' }], Array.from({ length: 101 }, () => ({ kty: 'EC' }))]) {
    const { ask, sign, state } = await setUp(context)
    state.keys = keys
    undecided(await ask(await sign()))
  }
})

test('two keys with one kid are no key', async (context) => {
  const { ask, sign, state, key, refusals } = await setUp(context)
  state.keys = [key.jwk, { ...(await signingKey('k1')).jwk }]
  refusedToken(await ask(await sign()), refusals, 'ambiguous-key')
})

test('a remembered token ends with its expiry', async (context) => {
  const { ask, sign, clock, refusals } = await setUp(context)
  const token = await sign()
  assert.ok((await ask(token)).allowed)
  clock.wall += 299_000
  assert.ok((await ask(token)).allowed)
  clock.wall += 12_000
  refusedToken(await ask(token), refusals, 'expired')
})

test('the leeway of clocks is for tokens that are verified, not for what is remembered', async (context) => {
  let verified = 0
  const { ask, sign, clock } = await setUp(context, {
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
  const { ask, sign, state, clock, refusals } = await setUp(context)
  const token = await sign({ exp: start + 10_000 })
  assert.ok((await ask(token)).allowed)
  const next = await signingKey('k2')
  state.keys = [next.jwk]
  assert.ok((await ask(await sign({}, {}, next))).allowed)
  refusedToken(await ask(token), refusals, 'unknown-key')
  assert.equal(clock.monotonic, 0)
})

/** Signs header and payload as they are spelled. */
async function spelled(header: string | Uint8Array, payload: string | Uint8Array, { privateKey }: SigningKey) {
  const input = `${base64url.encode(header)}.${base64url.encode(payload)}`
  const es256 = { name: 'ECDSA', hash: 'SHA-256' }
  const signature = await crypto.subtle.sign(es256, privateKey, new TextEncoder().encode(input))
  return `${input}.${base64url.encode(new Uint8Array(signature))}`
}

test('a token has one meaning: names twice, other text than UTF-8 and other spellings are refused, though signed', async (context) => {
  const { ask, claims, key, refusals } = await setUp(context)
  const header = JSON.stringify({ alg: 'ES256', kid: 'k1', typ: 'at+jwt' })
  const payload = JSON.stringify(claims())
  const good = await spelled(header, payload, key)
  assert.ok((await ask(good)).allowed)
  assert.ok((await ask(await spelled(` ${header}\n`, payload, key))).allowed === false)
  assert.ok((await ask(await spelled(header.replace('{', '{ '), `\n${payload}`, key))).allowed)

  const open = (text: string) => text.slice(0, -1)
  const deep = `${'['.repeat(20)}${']'.repeat(20)}`
  const refused: [string | Uint8Array, string | Uint8Array][] = [
    [`${open(header)},"alg":"ES256"}`, payload],
    [`${open(header)},"k\\u0069d":"k1"}`, payload],
    [header, `${open(payload)},"scope":"api:read api:write"}`],
    [header, `${open(payload)},"\\u0073ub":"cb"}`],
    [header, `${open(payload)},"act":{"sub":"a","sub":"b"}}`],
    [header, `${open(payload)},"deep":${deep}}`],
    [header, `\ufeff${payload}`],
    [header, `${payload}x`],
    [header, `[${payload}]`],
    [header, new TextEncoder().encode(payload).map((byte) => (byte === 0x63 ? 0xff : byte))],
  ]
  for (const [one, two] of refused) refusedToken(await ask(await spelled(one, two, key)), refusals, 'jwt-malformed')
  const [first = '', second = '', third = ''] = good.split('.')
  for (const token of [
    `${first}=.${second}.${third}`,
    `${first}.${second}=.${third}`,
    `${first}.${second}.${third}==`,
    `${first}.${second}.${third}.`,
    `.${first}.${second}.${third}`,
    `${first}.${second}.${third}.${third}`,
    `${first}.${second}.${third.slice(0, -1)}${third.endsWith('A') ? 'B' : 'A'}x`,
  ]) {
    const decision = await ask(token)
    // With padding inside it is no b64token, and the header is malformed.
    assert.equal(decision.allowed ? 200 : decision.status, /=\./.test(token) ? 400 : 401, token)
    refusals.pop()
  }
})

test('SEC-235: no token that differs from a good one in one character is let in', async (context) => {
  const { ask, sign, issuer } = await setUp(context)
  const good = await sign()
  assert.ok((await ask(good)).allowed)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~+/='
  const others = (character: string) => [...alphabet].filter((one) => one !== character)
  for (let index = 0; index < good.length; index += 1) {
    const choice = others(good.charAt(index))
    // The last character has a few neighbours that decode to the same bytes where a decoder is lenient.
    const few = index === good.length - 1 ? choice : [choice[index % choice.length] ?? '']
    for (const other of few) {
      const decision = await ask(`${good.slice(0, index)}${other}${good.slice(index + 1)}`)
      assert.ok(!decision.allowed && [400, 401].includes(decision.status), `${issuer} ${index} ${other}`)
    }
    const shorter = await ask(`${good.slice(0, index)}${good.slice(index + 1)}`)
    assert.ok(!shorter.allowed)
  }
})

test('SEC-241: a header that changes what the token means is refused, though signed', async (context) => {
  const { ask, claims, key, refusals } = await setUp(context)
  for (const more of [
    { crit: ['exp'] },
    { crit: [] },
    { b64: true },
    { zip: 'DEF' },
    { kid: 7 },
    { typ: ['at+jwt'] },
  ]) {
    const header = JSON.stringify({ alg: 'ES256', kid: 'k1', typ: 'at+jwt', ...more })
    const [name = ''] = Object.keys(more)
    const check = name === 'typ' ? 'claim-typ' : `header-${name}`
    refusedToken(await ask(await spelled(header, JSON.stringify(claims()), key)), refusals, check)
  }
})

test('SEC-254: metadata and keys are not followed elsewhere, and not read without end', async (context) => {
  const stranger = await localIssuer(context)
  const answers: CannedAnswer[] = [
    { status: 302, headers: { location: `${stranger.url}/jwks` } },
    { status: 301, headers: { location: '/jwks' } },
    { headers: { 'content-type': 'text/html' }, body: '{}' },
    { body: `{"keys":[${' '.repeat(1_100_000)}]}` },
    { body: `{"keys":${'['.repeat(500_000)}` },
    { body: '[]' },
    { status: 204 },
  ]
  for (const answer of answers) {
    for (const place of ['/jwks', '/.well-known/']) {
      const { api, ask, sign, state } = await setUp(context)
      state.instead = (url) => (url.includes(place) ? answer : undefined)
      undecided(await ask(await sign()))
      await assert.rejects(api.ready())
    }
  }
  assert.equal(stranger.requests.length, 0)
})

test('SEC-246: weak and broken keys of an issuer verify nothing', async (context) => {
  const { ask, sign, state, key, refusals } = await setUp(context)
  const y = new Uint8Array(32).fill(7)
  state.keys = [{ ...key.jwk, y: base64url.encode(y) }]
  refusedToken(await ask(await sign()), refusals, 'key-unusable')
  const other = await setUp(context)
  other.state.keys = [{ ...other.key.jwk, use: 'enc' }]
  refusedToken(await other.ask(await other.sign()), other.refusals, 'unknown-key')
})

test('SEC-262: huge and mangled tokens are refused without work', async (context) => {
  const { ask, sign, refusals } = await setUp(context)
  assert.ok((await ask(await sign())).allowed)
  const deep = base64url.encode('['.repeat(8_000))
  const header = base64url.encode(JSON.stringify({ alg: 'ES256', kid: 'k1', typ: 'at+jwt' }))
  const hostile = ['a'.repeat(1_048_576), '.'.repeat(40_960), `${deep}.${deep}.AAAA`, `${header}.${deep}.AAAA`, 'a.b.c']
  hostile.push('a', '.a.', 'a..a', 'a.b.', `${header}.e30.=`, `${header}.e30.A`)
  const rounds = 500
  const memory = process.memoryUsage.rss()
  const started = process.cpuUsage()
  for (let round = 0; round < rounds; round += 1) {
    // Another token in each round, so that nothing is saved by having seen it.
    for (const token of hostile) refusedToken(await ask(token.endsWith('=') ? token : `${token}${round}`), refusals)
  }
  const { user, system } = process.cpuUsage(started)
  const microseconds = (user + system) / (rounds * hostile.length)
  assert.ok(microseconds < 1_000, `${microseconds} µs a token`)
  // The tokens of 1 MiB alone would be 500 MB.
  const grown = (process.memoryUsage.rss() - memory) / 1_048_576
  assert.ok(grown < 200, `${grown} MiB`)
})

test('no token makes the verifier answer anything but 401 or 400', async (context) => {
  const { ask, sign } = await setUp(context)
  const good = (await sign()).split('.')
  const part = fc.oneof(
    fc.constantFrom(...good),
    fc.string({ unit: fc.constantFrom('A', 'e', '3', '0', '.', '_', '=') }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 4 }), async (parts) => {
      const token = parts.join('.')
      const decision = await ask(token)
      assert.ok(decision.allowed ? token === good.join('.') : [400, 401].includes(decision.status), token)
    }),
  )
})
