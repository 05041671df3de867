import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { createServer } from 'node:http'
import { after, describe, test } from 'node:test'
import { startAdminServer } from '../admin-fixture.ts'
import { casesFounding, manyFailures } from '../fixtures.ts'
import { assertRefused, issuedCount, refusalEvent } from '../refusals.ts'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const permissions = casesFounding.clients.cb?.permissions ?? []
const server = await startAdminServer({ after }, { settings: manyFailures })
const { call, issuer, clock } = server
const endpoint = `${issuer}/oauth2/token`

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const keys = { cj: newKey(), cj2: newKey(), rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }) }
const jwkOf = ({ publicKey }: { readonly publicKey: KeyObject }, more: object = {}) => ({
  ...publicKey.export({ format: 'jwk' }),
  ...more,
})

const createKeyClient = async (id: string, jwk: object, more: object = {}): Promise<void> => {
  const input = {
    id,
    capabilities: ['client_credentials'],
    permissions,
    authenticationMethods: ['private_key_jwt'],
    ...more,
  }
  const created = await call('createClient', {}, { input })
  assert.equal(created.status, 201, created.text)
  const added = await call('createClientKey', { client: id }, { input: { type: 'key', jwk } })
  assert.equal(added.status, 201, added.text)
}
await createKeyClient('cj', jwkOf(keys.cj, { kid: 'k1' }))
await createKeyClient('cj2', jwkOf(keys.cj2, { kid: 'k2' }))

type Part = Readonly<Record<string, unknown>>
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const seconds = (): number => Math.floor(clock.now() / 1000)
const claimsOf = (client: string, more: Part = {}): Part => ({
  ...{ iss: client, sub: client, aud: issuer, jti: randomUUID(), iat: seconds(), exp: seconds() + 60 },
  ...more,
})
const headerOf = (more: Part = {}): Part => ({ alg: 'ES256', kid: 'k1', typ: 'client-authentication+jwt', ...more })
const es256 = (input: string, key: KeyObject): Buffer =>
  sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
const assertion = (claims: Part = claimsOf('cj'), header: Part = headerOf(), key = keys.cj.privateKey): string => {
  const input = `${encode(header)}.${encode(claims)}`
  return `${input}.${es256(input, key).toString('base64url')}`
}
const without = (part: Part, name: string): Part =>
  Object.fromEntries(Object.entries(part).filter(([one]) => one !== name))

const post = (client_assertion: string, more: Readonly<Record<string, string>> = {}): Promise<Response> =>
  server.post('/oauth2/token', {
    grant_type: 'client_credentials',
    client_assertion_type: assertionType,
    client_assertion,
    ...more,
  })
const assertIssued = async (response: Response): Promise<void> => {
  const text = await response.text()
  assert.equal(response.status, 200, text)
  assert.ok(JSON.parse(text).access_token)
}
/** Refused as `invalid_client`, with this check for the operator, and no token issued. */
const assertRejected = async (client_assertion: string, check: string | RegExp): Promise<void> => {
  const before = await issuedCount(server)
  const response = await post(client_assertion)
  const event = await refusalEvent(server, response)
  assert.match(String(event.check), check instanceof RegExp ? check : new RegExp(`^${check}$`))
  assert.ok(!JSON.stringify(event).includes(client_assertion.split('.')[2] || 'nothing'))
  await assertRefused(response, 401, 'invalid_client')
  assert.equal(await issuedCount(server), before)
}

describe('RFC 7523 §3: an assertion is accepted', () => {
  test('SEC-060: without and with the client_id parameter', async () => {
    await assertIssued(await post(assertion()))
    await assertIssued(await post(assertion(), { client_id: 'cj' }))
  })

  test('SEC-066, SEC-068: the issuer alone is the audience, as text or as a list of one', async () => {
    await assertIssued(await post(assertion(claimsOf('cj', { aud: issuer }))))
    await assertIssued(await post(assertion(claimsOf('cj', { aud: [issuer] }))))
  })

  test('SEC-076: iat and nbf eight seconds ahead', async () => {
    await assertIssued(await post(assertion(claimsOf('cj', { iat: seconds() + 8, nbf: seconds() + 8 }))))
  })

  test('SEC-090: without typ, and with JWT', async () => {
    await assertIssued(await post(assertion(claimsOf('cj'), without(headerOf(), 'typ'))))
    await assertIssued(await post(assertion(claimsOf('cj'), headerOf({ typ: 'JWT' }))))
  })

  test('without a kid, whichever key of the client signed', async () => {
    await assertIssued(await post(assertion(claimsOf('cj'), without(headerOf(), 'kid'))))
  })

  test('by each algorithm, the key named by its thumbprint when it came without a name', async () => {
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    const ed = generateKeyPairSync('ed25519')
    const ways = [
      [
        'ES384',
        p384,
        {},
        (input: string) => sign('sha384', Buffer.from(input), { key: p384.privateKey, dsaEncoding: 'ieee-p1363' }),
      ],
      ['Ed25519', ed, {}, (input: string) => sign(null, Buffer.from(input), ed.privateKey)],
      ['RS256', keys.rsa, { alg: 'RS256' }, (input: string) => sign('sha256', Buffer.from(input), keys.rsa.privateKey)],
      [
        'PS256',
        keys.rsa,
        {},
        (input: string) => sign('sha256', Buffer.from(input), { key: keys.rsa.privateKey, padding: 6, saltLength: 32 }),
      ],
    ] as const
    for (const [alg, pair, more, signer] of ways) {
      const id = `key-${alg.toLowerCase()}`
      await createKeyClient(id, jwkOf(pair, more))
      const input = `${encode({ alg })}.${encode(claimsOf(id))}`
      await assertIssued(await post(`${input}.${signer(input).toString('base64url')}`))
      const { body } = await call('listClientKeys', { client: id })
      assert.ok(body.items[0]?.type === 'key' && body.items[0].algorithm === alg)
      assert.match(body.items[0].kid, /^[\w-]{43}$/)
    }
  })
})

describe('RFC 7523 §3: an assertion counts once', () => {
  test('SEC-061: the same assertion twice, also on another endpoint and at the same moment', async () => {
    const once = assertion()
    await assertIssued(await post(once))
    await assertRejected(once, 'assertion-used-once')
    const form = { client_assertion_type: assertionType, client_assertion: once, token: 'x' }
    await assertRefused(await server.post('/oauth2/revoke', form), 401, 'invalid_client')
    const raced = assertion()
    const statuses = (await Promise.all(Array.from({ length: 20 }, () => post(raced)))).map(({ status }) => status)
    assert.equal(statuses.filter((status) => status === 200).length, 1)
  })

  test('SEC-065: one that is refused uses nothing up', async () => {
    const claims = claimsOf('cj')
    await assertRejected(assertion(claims, headerOf(), keys.cj2.privateKey), 'assertion-signature')
    await assertRejected(assertion({ ...claims, aud: 'https://other.example' }), 'assertion-audience')
    await assertIssued(await post(assertion(claims)))
  })

  test('the jti of one client is not that of another', async () => {
    const jti = randomUUID()
    await assertIssued(await post(assertion(claimsOf('cj', { jti }))))
    await assertIssued(await post(assertion(claimsOf('cj2', { jti }), headerOf({ kid: 'k2' }), keys.cj2.privateKey)))
  })
})

describe('RFC 7523 §3 and rfc7523bis: an assertion is refused', () => {
  test('SEC-067: whose audience is the token endpoint', async () => {
    await assertRejected(assertion(claimsOf('cj', { aud: endpoint })), 'assertion-audience')
  })

  test('SEC-067: the token endpoint as sole audience, by a client that may, is counted', async () => {
    await createKeyClient('legacy', jwkOf(keys.cj, { kid: 'k1' }), { tokenEndpointAudience: true })
    await assertIssued(await post(assertion(claimsOf('legacy', { aud: endpoint }))))
    await assertRejected(assertion(claimsOf('legacy', { aud: [issuer, endpoint] })), 'assertion-audience')
    await assertRejected(
      assertion(claimsOf('legacy', { aud: 'https://other.example/oauth2/token' })),
      'assertion-audience',
    )
    const metrics = await (await fetch(`${server.adminUrl}/metrics`)).text()
    assert.match(metrics, /^mintmark_endpoint_audience_assertions_total 1$/m)
  })

  test('SEC-068: with a further audience', async () => {
    for (const aud of [[issuer, 'https://other.example'], [issuer, endpoint], [], {}, 7, `${issuer}/`, null]) {
      await assertRejected(assertion(claimsOf('cj', { aud })), /^assertion-(audience|aud)$/)
    }
  })

  test('SEC-070: without aud, iss, sub, exp or jti', async () => {
    for (const name of ['aud', 'iss', 'sub', 'exp', 'jti']) {
      const lacking = assertion(without(claimsOf('cj'), name))
      await assertRejected(lacking, /^assertion-/)
    }
    for (const wrong of [
      { jti: '' },
      { jti: 7 },
      { jti: 'x'.repeat(257) },
      { exp: '9999999999' },
      { exp: Number.MAX_VALUE },
      { nbf: 'now' },
    ]) {
      await assertRejected(assertion(claimsOf('cj', wrong)), /^assertion-/)
    }
  })

  test('SEC-071: that speaks for another client', async () => {
    await assertRejected(assertion(claimsOf('cj', { sub: 'cx' })), 'assertion-iss')
    await assertRejected(assertion(claimsOf('cx')), 'authentication-method-registered')
    const response = await post(assertion(), { client_id: 'cx' })
    await assertRefused(response, 400, 'invalid_request')
  })

  test('SEC-073: signed with the key of another client', async () => {
    await assertRejected(assertion(claimsOf('cj'), headerOf({ kid: 'k2' }), keys.cj2.privateKey), 'assertion-signature')
    await assertRejected(assertion(claimsOf('cj'), headerOf({ kid: 'k1' }), keys.cj2.privateKey), 'assertion-signature')
  })

  test('SEC-074, SEC-077: that has ended, has not begun, or would live too long', async () => {
    for (const wrong of [
      { exp: seconds() - 300 },
      { nbf: seconds() + 120 },
      { iat: seconds() + 120 },
      { exp: seconds() + 7200 },
    ]) {
      await assertRejected(assertion(claimsOf('cj', wrong)), /^assertion-(exp|nbf|iat)$/)
    }
  })

  test('SEC-078: with the algorithm none, in any spelling', async () => {
    for (const alg of ['none', 'None', 'nOnE', 'NONE', undefined, ['ES256'], '']) {
      const input = `${encode(headerOf({ alg }))}.${encode(claimsOf('cj'))}`
      for (const signature of ['', 'AAAA'])
        await assertRejected(`${input}.${signature}`, /^assertion-(malformed|algorithm)$/)
    }
  })

  test('SEC-079: with HS256 under the public key', async () => {
    const pem = keys.cj.publicKey.export({ format: 'pem', type: 'spki' }).toString()
    const jwk = JSON.stringify(keys.cj.publicKey.export({ format: 'jwk' }))
    for (const secret of [pem, pem.trim(), ` ${pem}`, jwk, keys.cj.publicKey.export({ format: 'der', type: 'spki' })]) {
      const input = `${encode(headerOf({ alg: 'HS256' }))}.${encode(claimsOf('cj'))}`
      const signature = createHmac('sha256', secret).update(input).digest('base64url')
      await assertRejected(`${input}.${signature}`, 'assertion-algorithm')
    }
  })

  test('SEC-082: with a key it brings along, which nobody fetches', async (context) => {
    let hits = 0
    const listener = createServer((_request, response) => {
      hits += 1
      response.end('{}')
    }).listen(0, '127.0.0.1')
    context.after(() => void listener.close())
    await new Promise((resolve) => listener.once('listening', resolve))
    const address = listener.address()
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/keys`
    const attacker = newKey()
    for (const brought of [{ jwk: jwkOf(attacker) }, { jku: url }, { x5u: url }, { x5c: ['MIIB'] }]) {
      for (const header of [headerOf(brought), without(headerOf(brought), 'kid')]) {
        await assertRejected(assertion(claimsOf('cj'), header, attacker.privateKey), 'assertion-signature')
      }
    }
    assert.equal(hits, 0)
  })

  test('an extension it says is critical, and a key of another algorithm', async () => {
    await assertRejected(
      assertion(claimsOf('cj'), headerOf({ crit: ['b64'], b64: false })),
      /^assertion-(crit|malformed)$/,
    )
    await assertRejected(assertion(claimsOf('cj'), headerOf({ alg: 'ES384' })), 'assertion-signature')
    await assertRejected(assertion(claimsOf('cj'), headerOf({ typ: 'dpop+jwt' })), 'assertion-typ')
    await assertRejected(assertion(claimsOf('cj'), headerOf({ kid: 7 })), 'assertion-kid')
  })

  test('SEC-086: of any size, cheaply', async () => {
    const deep = `${'['.repeat(2000)}${']'.repeat(2000)}`
    for (const [huge, status] of [
      ['.'.repeat(12_000), 401],
      [`${'e'.repeat(12_000)}.e.e`, 401],
      [`${encode(headerOf())}.${Buffer.from(`{"sub":${deep}}`).toString('base64url')}.e`, 401],
      ['.'.repeat(40_960), 413],
    ] as const) {
      const response = await post(huge)
      await assertRefused(response, status, ['invalid_client', 'invalid_request'])
    }
    await assertIssued(await post(assertion()))
  })

  test('SEC-088: with another assertion type, without one, or without the assertion', async () => {
    const wrong: Readonly<Record<string, string>>[] = [
      { client_assertion: assertion(), client_assertion_type: 'urn:x' },
      { client_assertion: assertion() },
      { client_assertion_type: assertionType },
    ]
    for (const form of wrong) {
      const response = await server.post('/oauth2/token', { grant_type: 'client_credentials', ...form })
      await assertRefused(response, [400, 401], ['invalid_request', 'invalid_client'])
    }
  })

  test('beside another method', async () => {
    const form = {
      grant_type: 'client_credentials',
      client_assertion_type: assertionType,
      client_assertion: assertion(),
    }
    await assertRefused(await server.post('/oauth2/token', form, server.basic('cb')), 400, 'invalid_request')
    const both = { ...form, client_id: 'cj', client_secret: 'x' }
    await assertRefused(await server.post('/oauth2/token', both), 400, 'invalid_request')
  })

  test('of a client that does not exist, and of one that may only use a secret', async () => {
    await assertRejected(assertion(claimsOf('nobody')), 'client-known')
    await assertRejected(assertion(claimsOf('cb')), 'authentication-method-registered')
  })

  test('of a client whose key was deleted or has ended', async () => {
    await createKeyClient('ending', jwkOf(keys.cj, { kid: 'k1' }))
    await assertIssued(await post(assertion(claimsOf('ending'))))
    const { body } = await call('listClientKeys', { client: 'ending' })
    assert.equal((await call('deleteClientKey', { client: 'ending', key: body.items[0]?.id ?? '' })).status, 200)
    await assertRejected(assertion(claimsOf('ending')), 'assertion-signature')
    const expires = new Date(clock.now() + 60_000).toISOString()
    const input = { type: 'key', jwk: jwkOf(keys.cj, { kid: 'k1' }), expires }
    assert.equal((await call('createClientKey', { client: 'ending' }, { input })).status, 201)
    await assertIssued(await post(assertion(claimsOf('ending'))))
    clock.advance(61_000)
    await assertRejected(assertion(claimsOf('ending')), 'assertion-signature')
  })

  test('of a client whose key is staged or retired; one that drains proves it until its end', async () => {
    await createKeyClient('moving', jwkOf(keys.cj, { kid: 'k1' }))
    const id = (await call('listClientKeys', { client: 'moving' })).body.items[0]?.id ?? ''
    const become = async (state: string) => {
      const input = { state, ...(state === 'draining' ? { overlap: 60 } : {}) }
      const reply = await call('changeCredentialState', { client: 'moving', credential: id }, { input })
      assert.equal(reply.status, 200, reply.text)
    }
    for (const state of ['staged', 'live', 'retired', 'draining']) {
      await become(state)
      if (state === 'live' || state === 'draining') await assertIssued(await post(assertion(claimsOf('moving'))))
      else await assertRejected(assertion(claimsOf('moving')), 'assertion-signature')
    }
    clock.advance(61_000)
    await assertRejected(assertion(claimsOf('moving')), 'assertion-signature')
  })
})

describe('keys of a client in the admin API', () => {
  const refusedKey = async (jwk: object): Promise<void> => {
    const reply = await call('createClientKey', { client: 'cj' }, { input: { type: 'key', jwk } })
    assert.equal(reply.status, 400, JSON.stringify(jwk))
    assert.ok(!reply.text.includes(String((jwk as { d?: string }).d ?? 'no private part')))
  }

  test('what is no public key for signatures is refused, and not repeated', async () => {
    const { publicKey, privateKey } = newKey()
    const good = publicKey.export({ format: 'jwk' })
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 })
    for (const jwk of [
      privateKey.export({ format: 'jwk' }),
      { kty: 'oct', k: 'c2VjcmV0' },
      // Names that every object has are no types of keys.
      { ...good, kty: 'constructor', crv: undefined },
      { ...good, kty: '__proto__', crv: undefined },
      jwkOf(short),
      { ...good, use: 'enc' },
      { ...good, key_ops: ['sign'] },
      { ...good, alg: 'RS256' },
      { ...good, alg: 'none' },
      { ...good, x: good.y },
      { ...good, x: `${good.x}=` },
      { ...good, kid: '' },
      { ...good, kid: 'x'.repeat(257) },
      without(good as Part, 'y'),
      {},
    ]) {
      await refusedKey(jwk)
    }
    const { body } = await call('listClientKeys', { client: 'cj' })
    assert.equal(body.items.length, 1)
  })

  test('SEC-196: a key set is at an https URL, and a client has keys from one place', async () => {
    for (const uri of [
      'http://keys.example/jwks.json',
      'file:///etc/passwd',
      'data:application/json,{}',
      'https://user:pw@host/',
      'gopher://keys.example/',
      '/jwks.json',
    ]) {
      const reply = await call('createClientKey', { client: 'cj' }, { input: { type: 'key-set', uri } })
      assert.equal(reply.status, 400, uri)
    }
    const both = await call(
      'createClientKey',
      { client: 'cj' },
      { input: { type: 'key-set', uri: 'https://keys.example/' } },
    )
    assert.equal(both.status, 400)
  })

  test('one kid names one live key, and there are only so many', async () => {
    const again = await call(
      'createClientKey',
      { client: 'cj' },
      { input: { type: 'key', jwk: jwkOf(keys.cj2, { kid: 'k1' }) } },
    )
    assert.equal(again.status, 409)
    await createKeyClient('many', jwkOf(newKey()))
    for (let count = 2; count <= 10; count += 1) {
      const reply = await call('createClientKey', { client: 'many' }, { input: { type: 'key', jwk: jwkOf(newKey()) } })
      assert.equal(reply.status, 201, reply.text)
    }
    const more = await call('createClientKey', { client: 'many' }, { input: { type: 'key', jwk: jwkOf(newKey()) } })
    assert.equal(more.status, 409)
  })

  test('a key is no secret, and a secret no key: each is listed and deleted where it belongs', async () => {
    const { body } = await call('listClientKeys', { client: 'cj' })
    const key = body.items[0]?.id ?? ''
    assert.deepEqual((await call('listSecrets', { client: 'cj' })).body.items, [])
    assert.equal((await call('deleteSecret', { client: 'cj', secret: key })).status, 404)
    const secrets = (await call('listSecrets', { client: 'cb' })).body.items
    assert.equal((await call('deleteClientKey', { client: 'cb', key: secrets[0]?.id ?? '' })).status, 404)
    assert.deepEqual((await call('listClientKeys', { client: 'cb' })).body.items, [])
  })

  test('metadata names the method and its algorithms', async () => {
    const metadata = (await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json()) as Record<
      string,
      unknown
    >
    for (const name of ['token_endpoint', 'introspection_endpoint', 'revocation_endpoint']) {
      assert.ok((metadata[`${name}_auth_methods_supported`] as string[]).includes('private_key_jwt'))
      assert.deepEqual(metadata[`${name}_auth_signing_alg_values_supported`], [
        'ES256',
        'ES384',
        'PS256',
        'RS256',
        'Ed25519',
      ])
    }
  })
})
