import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { importPKCS8, SignJWT } from 'jose'
import { startAdminServer } from '../admin-fixture.ts'
import { type Issued, issue } from '../certificates.ts'
import { casesFounding } from '../fixtures.ts'
import { assertRefused, issuedCount, refusalEvent } from '../refusals.ts'

const server = await startAdminServer({ after })
const { call, issuer, clock } = server
const permissions = casesFounding.clients.cb?.permissions ?? []
const day = 86_400_000

const rsaKeys = (modulusLength: number): Promise<CryptoKeyPair> =>
  crypto.subtle.generateKey(
    { name: 'RSA-PSS', modulusLength, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
    true,
    ['sign', 'verify'],
  )
const ecKeys = (namedCurve: string): Promise<CryptoKeyPair> =>
  crypto.subtle.generateKey({ name: 'ECDSA', namedCurve }, true, ['sign', 'verify'])
const authority = await issue({ subject: 'CN=Some CA' })
const rsa = await issue({ subject: 'CN=daemon', by: authority, keys: await rsaKeys(2048) })
const ec = await issue({ subject: 'CN=daemon' })

const thumbprint = async ({ der }: Issued, hash = 'SHA-256'): Promise<string> =>
  Buffer.from(await crypto.subtle.digest(hash, new Uint8Array(der))).toString('base64url')

const register = (client: string, input: object) =>
  call('createClientKey', { client }, { input: { type: 'key', ...input } })

const createClient = async (id: string, certificate?: Issued, more: object = {}): Promise<string> => {
  const input = { id, capabilities: ['client_credentials'], permissions, authenticationMethods: ['private_key_jwt'] }
  assert.equal((await call('createClient', {}, { input: { ...input, ...more } })).status, 201)
  if (certificate === undefined) return id
  const added = await register(id, { certificate: certificate.cert })
  assert.equal(added.status, 201, added.text)
  return id
}

/** An assertion in the shape that clients of Microsoft's platform send. */
const assertion = async (
  client: string,
  signer: Issued,
  header: object = {},
  { alg = 'PS256', claims = {} }: { readonly alg?: string; readonly claims?: object } = {},
): Promise<string> => {
  const now = Math.floor(clock.now() / 1000)
  const key = await importPKCS8(signer.key, alg)
  return new SignJWT({
    ...{ iss: client, sub: client, aud: issuer, jti: randomUUID(), nbf: now, exp: now + 300 },
    ...claims,
  })
    .setProtectedHeader({ typ: 'JWT', 'x5t#S256': await thumbprint(signer), ...header, alg })
    .sign(key)
}

const post = (client_assertion: string): Promise<Response> =>
  server.post('/oauth2/token', {
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion,
  })
const assertIssued = async (response: Response): Promise<void> => {
  assert.equal(response.status, 200, await response.text())
}
const assertRejected = async (presented: string, check: string): Promise<void> => {
  const before = await issuedCount(server)
  const response = await post(presented)
  assert.equal((await refusalEvent(server, response)).check, check)
  await assertRefused(response, 401, 'invalid_client')
  assert.equal(await issuedCount(server), before)
}

describe('RFC 7515 §4.1.8: an assertion names a registered certificate by x5t#S256', () => {
  test('PS256, without a kid, and with one that means nothing to us', async () => {
    await createClient('daemon', rsa)
    await assertIssued(await post(await assertion('daemon', rsa)))
    const hex = Buffer.from(await thumbprint(rsa, 'SHA-1'), 'base64url').toString('hex')
    await assertIssued(await post(await assertion('daemon', rsa, { kid: hex.toUpperCase() })))
    await assertIssued(await post(await assertion('daemon', rsa, { x5t: await thumbprint(rsa, 'SHA-1') })))
  })

  test('each kind of key by its algorithm, an RSA key by the one it was registered for', async () => {
    const ways = [
      ['ES256', await issue({ keys: await ecKeys('P-256') }), {}],
      ['ES384', await issue({ by: authority, keys: await ecKeys('P-384') }), {}],
      ['RS256', rsa, { algorithm: 'RS256' }],
    ] as const
    for (const [alg, certificate, more] of ways) {
      const client = await createClient(`of-${alg.toLowerCase()}`)
      const added = await register(client, { certificate: certificate.cert, ...more })
      assert.equal(added.status, 201, added.text)
      assert.ok(added.body.type === 'key' && added.body.algorithm === alg)
      await assertIssued(await post(await assertion(client, certificate, {}, { alg })))
    }
    await assertRejected(await assertion('of-rs256', rsa), 'assertion-signature')
    await assertRejected(await assertion('daemon', rsa, {}, { alg: 'RS256' }), 'assertion-signature')
  })

  test('the token endpoint as audience, by a client that may', async () => {
    const claims = { aud: `${issuer}/oauth2/token` }
    await assertRejected(await assertion('daemon', rsa, {}, { claims }), 'assertion-audience')
    await createClient('legacy-daemon', rsa, { tokenEndpointAudience: true })
    await assertIssued(await post(await assertion('legacy-daemon', rsa, {}, { claims })))
  })

  test('a renewed certificate of the same key stands beside the old one', async () => {
    const renewed = await issue({ by: authority, subject: 'CN=daemon', keys: rsa.keys })
    await createClient('renewing', rsa)
    assert.equal((await register('renewing', { certificate: renewed.cert })).status, 201)
    await assertIssued(await post(await assertion('renewing', rsa)))
    await assertIssued(await post(await assertion('renewing', renewed)))
    assert.equal((await register('renewing', { certificate: renewed.cert })).status, 409)
  })

  test('the list shows the certificate and never more of it than is needed', async () => {
    const { body } = await call('listClientKeys', { client: 'daemon' })
    const [key] = body.items
    assert.ok(key?.type === 'key')
    assert.equal(key.certificate?.thumbprint, await thumbprint(rsa))
    assert.equal(key.kid, key.certificate.thumbprint)
    assert.equal(key.certificate.subject, 'CN=daemon')
    assert.equal(key.expires, key.certificate.notAfter)
  })
})

describe('RFC 7515 §4.1.8: an assertion that names a certificate is refused', () => {
  test('by a thumbprint that nobody registered, or that is none', async () => {
    await assertRejected(await assertion('daemon', rsa, { 'x5t#S256': await thumbprint(ec) }), 'assertion-signature')
    for (const wrong of ['', 'AAAA', 7, [await thumbprint(rsa)]]) {
      await assertRejected(await assertion('daemon', rsa, { 'x5t#S256': wrong }), 'assertion-x5t#S256')
    }
  })

  test('by its SHA-1 thumbprint alone', async () => {
    const header = { 'x5t#S256': undefined, x5t: await thumbprint(rsa, 'SHA-1') }
    await assertRejected(await assertion('daemon', rsa, header), 'assertion-x5t')
  })

  test('signed by another key than the certificate has', async () => {
    const other = await issue({ by: authority, subject: 'CN=daemon', keys: await rsaKeys(2048) })
    await assertRejected(await assertion('daemon', other, { 'x5t#S256': await thumbprint(rsa) }), 'assertion-signature')
  })

  test('that is registered for another client', async () => {
    await createClient('other-daemon', ec)
    await assertRejected(await assertion('other-daemon', rsa), 'assertion-signature')
  })

  test('with the kid of one key and the certificate of another, both of the client', async () => {
    await createClient('of-two', rsa)
    const { kty, n, e } = await crypto.subtle.exportKey('jwk', (await rsaKeys(2048)).publicKey)
    assert.equal((await register('of-two', { jwk: { kty, n, e, kid: 'plain' } })).status, 201)
    await assertRejected(await assertion('of-two', rsa, { kid: 'plain' }), 'assertion-signature')
    await assertIssued(await post(await assertion('of-two', rsa)))
    await assertIssued(await post(await assertion('of-two', rsa, { kid: await thumbprint(rsa) })))
  })

  test('of a client that exists or not, with the same answer', async () => {
    await assertRejected(await assertion('nobody', rsa), 'client-known')
  })

  test('whose certificate has ended, or has not begun', async () => {
    const short = await issue({ by: authority, keys: rsa.keys, notAfter: 60_000 })
    await createClient('ending-daemon', short)
    await assertIssued(await post(await assertion('ending-daemon', short)))
    const later = await issue({ by: authority, keys: rsa.keys, notBefore: day })
    await createClient('early-daemon', later)
    await assertRejected(await assertion('early-daemon', later), 'assertion-signature')
    clock.advance(62_000)
    await assertRejected(await assertion('ending-daemon', short), 'assertion-signature')
    await assertRejected(
      await assertion('ending-daemon', short, { 'x5t#S256': undefined, kid: await thumbprint(short) }),
      'assertion-signature',
    )
  })
})

describe('a key by its certificate in the admin API', () => {
  test('what no assertion can be signed by is refused', async () => {
    await createClient('refusing')
    const weak = await issue({ by: authority, keys: await rsaKeys(1024) })
    const past = await issue({ notBefore: -2 * day, notAfter: -day })
    for (const input of [
      { certificate: weak.cert },
      { certificate: past.cert },
      { certificate: rsa.cert + ec.cert },
      { certificate: rsa.key },
      { certificate: 'none' },
      { certificate: ec.cert, algorithm: 'PS256' },
      { certificate: rsa.cert, algorithm: 'HS256' },
      { certificate: rsa.cert, expires: new Date(Date.now() + 400 * day).toISOString() },
      { certificate: rsa.cert, jwk: { kty: 'RSA' } },
      { jwk: await crypto.subtle.exportKey('jwk', ec.keys.publicKey), algorithm: 'ES256' },
      {},
    ]) {
      const reply = await register('refusing', input)
      assert.equal(reply.status, 400, reply.text)
      assert.ok(!reply.text.includes('PRIVATE KEY'))
    }
    assert.deepEqual((await call('listClientKeys', { client: 'refusing' })).body.items, [])
  })

  test('it may end earlier than its certificate', async () => {
    const expires = new Date(clock.now() + 3_600_000).toISOString()
    const added = await register('refusing', { certificate: ec.cert, expires })
    assert.equal(added.body.expires, expires)
  })

  test('the profile fapi2 takes PS256 and ES256, and neither RS256 nor the token endpoint as audience', async () => {
    await createClient('of-profile', rsa, { tokenEndpointAudience: true })
    await createClient('of-profile-rs256')
    assert.equal((await register('of-profile-rs256', { certificate: rsa.cert, algorithm: 'RS256' })).status, 201)
    assert.equal((await call('updateWorkspace', {}, { input: { profile: 'fapi2' } })).status, 200)
    const now = Math.floor(clock.now() / 1000)
    const claims = { exp: now + 60 }
    const endpoint = { ...claims, aud: `${issuer}/oauth2/token` }
    await assertRejected(await assertion('of-profile-rs256', rsa, {}, { alg: 'RS256', claims }), 'assertion-algorithm')
    await assertRejected(await assertion('of-profile', rsa, {}, { claims: endpoint }), 'assertion-audience')
    await assertRejected(await assertion('of-profile', rsa), 'assertion-exp')
    const input = { certificate: (await issue({ by: authority, keys: rsa.keys })).cert, algorithm: 'RS256' }
    assert.equal((await register('of-profile', input)).status, 400)
    assert.equal((await call('updateWorkspace', {}, { input: { profile: null } })).status, 200)
  })
})
