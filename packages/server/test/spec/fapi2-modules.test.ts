import assert from 'node:assert/strict'
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { authority, clientPurpose, issue } from '../certificates.ts'
import { proofMaker } from '../dpop-proof.ts'
import { startMtlsServer } from '../mtls-fixture.ts'
import { assertRefused, issuedCount, refusalEvent } from '../refusals.ts'

// What the modules of the OpenID conformance suite's plan for FAPI 2.0 send to a server for client credentials, by their
// names. docs/conformance-fapi.md says what the suite itself found; what modules ask of an API is tested in
// packages/resource-server.

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const root = await issue({ subject: 'CN=Root', extensions: authority() })
const server = await startMtlsServer({ after }, [root])
const { call, clock, enroll, issuer } = server
assert.equal((await call('updateWorkspace', {}, { input: { profile: 'fapi2' } })).status, 200)

const endpoint = `${issuer}/oauth2/token`
const { proof, signed, header, claims, privateJwk } = await proofMaker(endpoint, clock.now)
const seconds = (): number => Math.floor(clock.now() / 1000)
type Part = Readonly<Record<string, unknown>>
type Form = Readonly<Record<string, string>>

/** A client with a key of its own; makes assertions that are right but for what is given. */
const keyClient = async (id: string) => {
  const own = await proofMaker(endpoint, clock.now)
  await enroll(id, 'private_key_jwt', { type: 'key', jwk: { ...own.jwk, alg: 'ES256' } })
  return (more: Part = {}): Form => ({
    client_assertion_type: assertionType,
    client_assertion: own.signed(
      { alg: 'ES256' },
      { iss: id, sub: id, aud: issuer, jti: randomUUID(), iat: seconds(), exp: seconds() + 50, ...more },
    ),
  })
}
const first = await keyClient('first')
const second = await keyClient('second')

const identities = {
  mtls: await issue({ subject: 'CN=mtls', extensions: [clientPurpose], by: root }),
  bound: await issue({ subject: 'CN=bound', extensions: [clientPurpose], by: root }),
}
for (const id of ['mtls', 'bound'] as const) {
  const named = { type: 'certificate-subject', match: 'subject-dn', value: `CN=${id}` }
  await enroll(id, 'tls_client_auth', named, { certificateBoundAccessTokens: id === 'bound' })
}

const ask = (form: Form, dpop?: string): Promise<Response> =>
  server.post('/oauth2/token', { grant_type: 'client_credentials', ...form }, dpop === undefined ? {} : { dpop })
const askTls = (client: string, identity?: (typeof identities)['mtls']): Promise<Response> =>
  server.send('/oauth2/token', { grant_type: 'client_credentials', client_id: client }, identity)
const answerOf = async (response: Response): Promise<Part> => {
  const text = await response.text()
  assert.equal(response.status, 200, text)
  return JSON.parse(text)
}
const assertRejected = async (
  response: Response,
  check: string,
  [status, code]: readonly [number, string] = [401, 'invalid_client'],
): Promise<void> => {
  const before = await issuedCount(server)
  assert.equal((await refusalEvent(server, response)).check, check)
  await assertRefused(response, status, code)
  assert.equal(await issuedCount(server), before)
}

test('discovery-end-point-verification', async () => {
  const { origin, pathname } = new URL(issuer)
  const metadata = (await (
    await fetch(`${origin}/.well-known/oauth-authorization-server${pathname}`)
  ).json()) as Readonly<Record<string, unknown>>
  assert.equal(metadata.issuer, issuer)
  assert.ok(String(metadata.token_endpoint).startsWith('https://'))
  assert.equal(metadata.tls_client_certificate_bound_access_tokens, true)
  assert.ok(Object.hasOwn(metadata, 'mtls_endpoint_aliases'))
  const within = (name: string, allowed: readonly string[]) => {
    const values = metadata[name] as readonly string[]
    assert.ok(values.length > 0 && values.every((value) => allowed.includes(value)), `${name}: ${values}`)
  }
  within('grant_types_supported', ['client_credentials'])
  within('token_endpoint_auth_methods_supported', ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'])
  for (const name of ['token_endpoint_auth_signing_alg_values_supported', 'dpop_signing_alg_values_supported']) {
    within(name, ['PS256', 'ES256', 'Ed25519', 'EdDSA'])
  }
})

test('happy-flow: two clients, by keys and by certificates, get bound tokens and nothing else', async () => {
  for (const assertion of [first, second]) {
    const answer = await answerOf(await ask(assertion(), proof()))
    assert.deepEqual(Object.keys(answer).toSorted(), ['access_token', 'expires_in', 'scope', 'token_type'])
    assert.equal(answer.token_type, 'DPoP')
  }
  assert.equal((await answerOf(await askTls('bound', identities.bound))).token_type, 'Bearer')
})

test('ensure-client-id-in-token-endpoint: the id of another client, with one’s own key or certificate', async () => {
  const form = first({ iss: 'second', sub: 'second' })
  await assertRejected(await ask({ ...form, client_id: 'second' }, proof()), 'assertion-signature')
  await assertRejected(await askTls('bound', identities.mtls), 'certificate-subject')
})

test('ensure-holder-of-key-required: without proof or certificate', async () => {
  await assertRejected(await ask(first()), 'sender-constrained', [400, 'invalid_request'])
  await assertRejected(await askTls('mtls', identities.mtls), 'sender-constrained', [400, 'invalid_request'])
  await assertRejected(await askTls('bound'), 'authentication-present')
})

test('ensure-signed-client-assertion-with-RS256-fails: though the key is fit for PS256', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = { ...publicKey.export({ format: 'jwk' }), alg: 'PS256' }
  await enroll('rsa', 'private_key_jwt', { type: 'key', jwk })
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const jws = (alg: 'PS256' | 'RS256'): string => {
    const claims = { iss: 'rsa', sub: 'rsa', aud: issuer, jti: randomUUID(), iat: seconds(), exp: seconds() + 50 }
    const input = `${encode({ alg })}.${encode(claims)}`
    const key = alg === 'PS256' ? { key: privateKey, padding: 6, saltLength: 32 } : privateKey
    return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
  }
  const send = (alg: 'PS256' | 'RS256') =>
    ask({ client_assertion_type: assertionType, client_assertion: jws(alg) }, proof())
  await assertRejected(await send('RS256'), 'assertion-signature')
  await answerOf(await send('PS256'))
})

test('ensure-client-assertion-in-token-endpoint: an id and nothing that proves it', async () => {
  await assertRejected(await ask({ client_id: 'first' }, proof()), 'authentication-present')
})

test('ensure-client-assertion-with-exp-is-5-minutes-in-past-fails', async () => {
  const old = { iat: seconds() - 350, exp: seconds() - 300 }
  await assertRejected(await ask(first(old), proof()), 'assertion-exp')
})

test('ensure-client-assertion-with-wrong-aud-fails: another server, our endpoint, our issuer in a list', async () => {
  for (const aud of ['https://other.example', endpoint, [issuer]]) {
    await assertRejected(await ask(first({ aud }), proof()), 'assertion-audience')
  }
})

test('ensure-client-assertion-with-no-sub-fails', async () => {
  await assertRejected(await ask(first({ sub: undefined }), proof()), 'assertion-sub')
})

test('par-ensure-jwt-client-assertion-with-iat-nbf: 8 seconds ahead, and over 60', async () => {
  const ahead = (by: number): Part => ({ iat: seconds() + by, nbf: seconds() + by, exp: seconds() + by + 30 })
  await answerOf(await ask(first(ahead(8)), proof()))
  const { status } = await ask(first(ahead(61)), proof())
  assert.equal(status, 401)
})

test('check-dpop-proof-nbf-exp: a proof may have both', async () => {
  await answerOf(await ask(first(), proof({ nbf: seconds(), exp: seconds() + 300 })))
})

test('ensure-dpopproof-with-iat-10seconds-before-succeeds, and -after-succeeds', async () => {
  for (const by of [-10, 10]) await answerOf(await ask(first(), proof({ iat: seconds() + by })))
})

describe('dpop-negative-tests', () => {
  const wrong: Readonly<Record<string, () => string>> = {
    'no JWT': () => 'not a JWT',
    'without typ': () => proof({}, { typ: undefined }),
    'another typ': () => proof({}, { typ: 'JWT' }),
    'without alg': () => proof({}, { alg: undefined }),
    'alg none': () => proof({}, { alg: 'none' }),
    'without jwk': () => proof({}, { jwk: undefined }),
    'a private key': () => proof({}, { jwk: privateJwk }),
    'without jti': () => proof({ jti: undefined }),
    'without htm': () => proof({ htm: undefined }),
    'without htu': () => proof({ htu: undefined }),
    'without iat': () => proof({ iat: undefined }),
    'another method': () => proof({ htm: 'PUT' }),
    'another URL': () => proof({ htu: 'https://other.example/oauth2/token' }),
    'an hour ahead': () => proof({ iat: seconds() + 3600 }),
    'an hour old': () => proof({ iat: seconds() - 3600 }),
    'signed by another key': () =>
      signed(header(), claims(), generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
  }
  for (const [name, make] of Object.entries(wrong)) {
    test(`${name}: refused`, async () => {
      const before = await issuedCount(server)
      await assertRefused(await ask(first(), make()), 400, 'invalid_dpop_proof')
      assert.equal(await issuedCount(server), before)
    })
  }

  test('the same proof again: refused', async () => {
    const once = proof()
    await answerOf(await ask(first(), once))
    await assertRefused(await ask(first(), once), 400, 'invalid_dpop_proof')
  })

  test('what does not count: query and fragment of the URL, capitals in scheme and host, members nobody knows', async () => {
    const { host, pathname } = new URL(endpoint)
    for (const dpop of [
      proof({ htu: `${endpoint}?a=b#c` }),
      proof({ htu: `HTTPS://${host.toUpperCase()}${pathname}` }),
      proof({ unknown: 1 }, { unknown: 1 }),
    ]) {
      await answerOf(await ask(first(), dpop))
    }
  })
})
