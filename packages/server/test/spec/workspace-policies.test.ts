import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { writeBasic } from '@mintmark/protocol'
import type { Reply } from '../admin-fixture.ts'
import { authority, clientPurpose, issue } from '../certificates.ts'
import { auditOf } from '../configure.ts'
import { proofMaker } from '../dpop-proof.ts'
import { casesFounding } from '../fixtures.ts'
import { startMtlsServer } from '../mtls-fixture.ts'
import { createPlatform, type Part, platformClaims } from '../platforms.ts'
import { assertRefused, issuedCount, refusalEvent } from '../refusals.ts'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const permissions = casesFounding.clients.cb?.permissions ?? []
const strongMethods = ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth', 'federated'] as const

const root = await issue({ subject: 'CN=Root,O=Acme', extensions: authority() })
const server = await startMtlsServer({ after }, [root])
const { call, clock, enroll, issuer } = server
const { proof } = await proofMaker(`${issuer}/oauth2/token`, clock.now)
const atMtls = await proofMaker(`${server.mtlsUrl}/acme/cases/oauth2/token`, clock.now)

const done = <R>(reply: Reply<R>): R => {
  assert.ok(reply.status < 300, reply.text)
  return reply.body
}
/** The policies of the workspace, all of them: those not given are as in a new one. */
const policy = async (given: object = {}): Promise<void> => {
  const none = {
    ...{ allowSecrets: true, maximumSecretLifetime: null, senderConstrainedTokens: false, profile: null },
    refuseRs256Assertions: false,
  }
  done(await call('updateWorkspace', {}, { input: { ...none, ...given } }))
}
const newId = (): string => `c-${randomUUID().slice(0, 8)}`
const makeClient = async (more: object = {}): Promise<{ readonly id: string; readonly secret: string }> => {
  const input = {
    id: newId(),
    capabilities: ['client_credentials', 'jwt_bearer', 'introspection'],
    permissions,
    ...more,
  }
  const { id, secret } = done(await call('createClient', {}, { input }))
  return { id, secret: secret?.secret ?? '' }
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const seconds = (): number => Math.floor(clock.now() / 1000)
const pairs = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  PS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  Ed25519: generateKeyPairSync('ed25519'),
} as const
type Algorithm = keyof typeof pairs
const signature = (algorithm: Algorithm, input: Buffer, key: KeyObject): Buffer => {
  if (algorithm === 'Ed25519') return sign(null, input, key)
  if (algorithm === 'PS256') return sign('sha256', input, { key, padding: 6, saltLength: 32 })
  const hash = algorithm === 'ES384' ? 'sha384' : 'sha256'
  return sign(hash, input, algorithm === 'RS256' ? key : { key, dsaEncoding: 'ieee-p1363' })
}
const jws = (algorithm: Algorithm, claims: Part, header: Part = {}): string => {
  const input = `${encode({ alg: algorithm, ...header })}.${encode(claims)}`
  return `${input}.${signature(algorithm, Buffer.from(input), pairs[algorithm].privateKey).toString('base64url')}`
}
const assertion = (id: string, algorithm: Algorithm = 'ES256', more: Part = {}) => ({
  client_assertion_type: assertionType,
  client_assertion: jws(algorithm, {
    ...{ iss: id, sub: id, aud: issuer, jti: randomUUID(), iat: seconds(), exp: seconds() + 60 },
    ...more,
  }),
})
const keyInput = (algorithm: Algorithm) => ({
  type: 'key',
  jwk: { ...pairs[algorithm].publicKey.export({ format: 'jwk' }), alg: algorithm },
})
const makeKeyClient = async (algorithm: Algorithm = 'ES256', more: object = {}): Promise<string> => {
  const { id } = await makeClient({ authenticationMethods: ['private_key_jwt'], ...more })
  done(await call('createClientKey', { client: id }, { input: keyInput(algorithm) }))
  return id
}

type Headers = Readonly<Record<string, string>>
type Form = Readonly<Record<string, string>>
const credentials: Form = { grant_type: 'client_credentials' }
const ask = (form: Form, headers: Headers = {}) => server.post('/oauth2/token', { ...credentials, ...form }, headers)
const typeOf = async (response: Response): Promise<string> => {
  const text = await response.text()
  assert.equal(response.status, 200, text)
  return JSON.parse(text).token_type
}
/** Refused with this check for the operator, and no token issued. */
const assertRejected = async (
  sending: () => Promise<Response>,
  check: string,
  [status, code]: readonly [number, string] = [401, 'invalid_client'],
): Promise<void> => {
  const before = await issuedCount(server)
  const response = await sending()
  const event = await refusalEvent(server, response)
  assert.equal(event.check, check)
  await assertRefused(response, status, code)
  assert.equal(await issuedCount(server), before)
}
/** A change refused as breaking a rule, with this sentence, on the record, and nothing changed. */
const assertBreaksRule = async (calling: Promise<Reply>, message: string, path?: string): Promise<void> => {
  const reply = await calling
  assert.equal(reply.status, 400, reply.text)
  const { errors, reference } = reply.body as {
    readonly errors: readonly { readonly path: string; readonly message: string }[]
    readonly reference: string
  }
  assert.deepEqual(
    errors.find((error) => error.message === message),
    { path: path ?? '', message },
    reply.text,
  )
  const [event] = await auditOf(server.store, { reference })
  assert.deepEqual([event?.type, event?.check], ['administration.refused', 'configuration-rules'])
}

const cluster = createPlatform('ES256')
const clusterIssuer = 'https://kubernetes.default.svc'
done(
  await call(
    'createTrust',
    {},
    { input: { id: 'cluster', issuer: clusterIssuer, keys: { type: 'jwks', jwks: cluster.jwks } } },
  ),
)
const { id: workload } = await makeClient({ authenticationMethods: ['federated'] })
done(
  await call(
    'createFederation',
    { client: workload },
    {
      input: {
        trust: 'cluster',
        match: [{ claim: 'sub', equals: 'system:serviceaccount:billing:invoices' }],
      },
    },
  ),
)
const platformToken = (): string =>
  cluster.token(platformClaims.kubernetes({ now: seconds(), audience: issuer }, clusterIssuer))

const subject = 'CN=job,O=Acme'
const certificate = await issue({ subject, extensions: [clientPurpose], by: root })
const ownCertificate = await issue({ subject: 'CN=self' })
await enroll('tls', 'tls_client_auth', { type: 'certificate-subject', match: 'subject-dn', value: subject })
await enroll(
  'tls-bound',
  'tls_client_auth',
  { type: 'certificate-subject', match: 'subject-dn', value: subject },
  { certificateBoundAccessTokens: true },
)
await enroll(
  'self-bound',
  'self_signed_tls_client_auth',
  { type: 'certificate', certificate: ownCertificate.cert },
  { certificateBoundAccessTokens: true },
)
const askTls = (client: string, identity = certificate, headers: Headers = {}) =>
  server.send('/oauth2/token', { ...credentials, client_id: client }, identity, { headers })
const keyed = await makeKeyClient()

/** Every way to a token, as a request without anything to bind it to. */
const ways: Readonly<Record<string, (headers?: Headers) => Promise<Response>>> = {
  client_secret_basic: (headers) => ask({}, { ...server.basic('cb'), ...headers }),
  client_secret_post: (headers) => ask({ client_id: 'cp', client_secret: server.secrets.cp ?? '' }, headers),
  private_key_jwt: (headers) => ask(assertion(keyed), headers),
  tls_client_auth: (headers) => askTls('tls', certificate, headers),
  'federated as assertion': (headers) =>
    ask({ client_assertion_type: assertionType, client_assertion: platformToken() }, headers),
  'federated as grant': (headers) => ask({ grant_type: jwtBearer, assertion: platformToken() }, headers),
}
const proofFor = (way: string): string => (way === 'tls_client_auth' ? atMtls.proof() : proof())

describe('a client registered for strong methods only', () => {
  for (const method of strongMethods) {
    test(`${method}: never comes in by a secret, at any endpoint, even if it has one`, async () => {
      await policy()
      const { id, secret } = await makeClient({ authenticationMethods: [method], secret: { type: 'generated' } })
      for (const path of ['/oauth2/token', '/oauth2/introspect', '/oauth2/revoke']) {
        for (const grant of ['client_credentials', jwtBearer]) {
          const form = { grant_type: grant, token: 'x' }
          const check = 'authentication-method-registered'
          const basic = { authorization: writeBasic(id, secret) }
          await assertRejected(() => server.post(path, form, basic), check)
          const posted = { ...form, client_id: id, client_secret: secret }
          await assertRejected(() => server.post(path, posted), check)
          await assertRejected(() => server.send(path, posted, certificate), check)
        }
      }
    })
  }
})

describe('refuseRs256Assertions', () => {
  const signingAlgorithms = async (): Promise<readonly string[]> => {
    const metadata = await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json()
    return (metadata as Record<string, string[]>).token_endpoint_auth_signing_alg_values_supported ?? []
  }

  test('by default RS256 is taken, and metadata says so', async () => {
    await policy()
    const id = await makeKeyClient('RS256')
    assert.equal(await typeOf(await ask(assertion(id, 'RS256'))), 'Bearer')
    assert.ok((await signingAlgorithms()).includes('RS256'))
  })

  test('switched on, RS256 proves nobody, by no key there is, and no new key is for it', async () => {
    await policy()
    const id = await makeKeyClient('RS256')
    const other = await makeKeyClient('PS256')
    await policy({ refuseRs256Assertions: true })
    await assertRejected(() => ask(assertion(id, 'RS256')), 'assertion-algorithm')
    assert.equal(await typeOf(await ask(assertion(other, 'PS256'))), 'Bearer')
    assert.ok(!(await signingAlgorithms()).includes('RS256') && (await signingAlgorithms()).includes('PS256'))
    await assertBreaksRule(
      call('createClientKey', { client: other }, { input: keyInput('RS256') as never }),
      `client ${other}: the workspace refuses assertions signed with RS256`,
      '/jwk',
    )
    await policy()
    assert.equal(await typeOf(await ask(assertion(id, 'RS256'))), 'Bearer')
  })

  test('a client without such a key, or that there is not, is refused as ever', async () => {
    await policy({ refuseRs256Assertions: true })
    const id = await makeKeyClient('ES256')
    const unknown = assertion('nobody-at-all', 'RS256')
    await assertRejected(() => ask(assertion(id, 'RS256')), 'assertion-signature')
    await assertRejected(() => ask(unknown), 'client-known')
    await policy()
  })
})

describe('allowSecrets: false', () => {
  test('adds no secret to a client, by no way there is; those there are go on', async () => {
    await policy()
    const { id, secret } = await makeClient({ secret: { type: 'generated' } })
    await policy({ allowSecrets: false })
    const message = `client ${id}: the workspace allows no secrets`
    const place = { client: id }
    await assertBreaksRule(call('createSecret', place, { input: { type: 'generated' } }), message)
    await assertBreaksRule(call('createSecret', place, { input: { type: 'chosen', value: 'long enough' } }), message)
    await assertBreaksRule(call('rotateSecret', place, { input: {} }), message)
    assert.equal(done(await call('listSecrets', place)).items.length, 1)
    assert.equal(await typeOf(await ask({}, { authorization: writeBasic(id, secret) })), 'Bearer')
  })

  test('makes no client that would prove itself by one, and changes none to it', async () => {
    await policy({ allowSecrets: false })
    const id = newId()
    const refusal = (client: string, method: string) =>
      `client ${client}: the workspace allows no secrets, and ${method} is one`
    const create = (more: object) => call('createClient', {}, { input: { id, ...more } })
    await assertBreaksRule(create({}), refusal(id, 'client_secret_basic'), '/authenticationMethods/0')
    const mixed = ['private_key_jwt', 'client_secret_post']
    await assertBreaksRule(
      create({ authenticationMethods: mixed }),
      refusal(id, 'client_secret_post'),
      '/authenticationMethods/1',
    )
    const strong = { authenticationMethods: ['private_key_jwt'] }
    await assertBreaksRule(
      create({ ...strong, secret: { type: 'generated' } }),
      `client ${id}: the workspace allows no secrets`,
    )
    done(await create(strong))
    const update = (client: string, input: object) => call('updateClient', { client }, { input })
    await assertBreaksRule(
      update(id, { authenticationMethods: mixed }),
      refusal(id, 'client_secret_post'),
      '/authenticationMethods/1',
    )
    done(await update('cb', { displayName: 'as it was' }))
    await assertBreaksRule(
      update('cp', { authenticationMethods: ['client_secret_basic'] }),
      refusal('cp', 'client_secret_basic'),
      '/authenticationMethods/0',
    )
  })
})

describe('maximumSecretLifetime', () => {
  test('a new secret ends within it', async () => {
    await policy({ maximumSecretLifetime: 3600 })
    const { id } = await makeClient()
    const message = `client ${id}: the workspace allows secrets of at most 3600 s`
    const at = (ahead: number) => ({ type: 'generated', expires: new Date(clock.now() + ahead * 1000).toISOString() })
    const place = { client: id }
    await assertBreaksRule(call('createSecret', place, { input: at(3700) }), message, '/expires')
    await assertBreaksRule(call('rotateSecret', place, { input: { secret: at(3700) } }), message, '/expires')
    assert.equal(done(await call('listSecrets', place)).items.length, 0)
    done(await call('createSecret', place, { input: at(3500) }))
    const silent = done(await call('createSecret', place, { input: { type: 'generated' } }))
    assert.equal(Date.parse(silent.expires ?? '') - Date.parse(silent.created), 3_600_000, 'as late as may be')
    done(await call('rotateSecret', place, { input: { secret: at(3500), overlap: 0 } }))
  })

  test('secrets there are go on, and may be given an end', async () => {
    await policy()
    const { id, secret } = await makeClient({ secret: { type: 'generated' } })
    await policy({ maximumSecretLifetime: 3600 })
    assert.equal(await typeOf(await ask({}, { authorization: writeBasic(id, secret) })), 'Bearer')
    const expires = new Date(clock.now() + 60_000).toISOString()
    const input = { secret: { type: 'generated', expires }, overlap: 86_400 }
    assert.equal(done(await call('rotateSecret', { client: id }, { input })).ending.length, 1)
  })
})

describe('senderConstrainedTokens', () => {
  for (const [way, send] of Object.entries(ways)) {
    test(`${way}: no bearer token, but one that is bound`, async () => {
      await policy({ senderConstrainedTokens: true })
      await assertRejected(() => send(), 'sender-constrained', [400, 'invalid_request'])
      assert.equal(await typeOf(await send({ dpop: proofFor(way) })), 'DPoP')
      await assertRejected(() => send({ dpop: 'x' }), 'dpop-malformed', [400, 'invalid_dpop_proof'])
    })
  }

  test('a certificate binds as well, and a client that must send a proof is told so', async () => {
    await policy({ senderConstrainedTokens: true })
    assert.equal(await typeOf(await askTls('tls-bound')), 'Bearer')
    const [event] = await auditOf(server.store, { types: ['token.issued'] })
    assert.ok(JSON.stringify(event?.confirmation).includes('x5t#S256'))
    const id = await makeKeyClient('ES256', { dpopBoundAccessTokens: true })
    await assertRejected(() => ask(assertion(id)), 'dpop-proof-present', [400, 'invalid_dpop_proof'])
  })

  test('off: a bearer token, as ever', async () => {
    await policy()
    assert.equal(await typeOf(await ask({}, server.basic('cb'))), 'Bearer')
  })
})

describe('profile: fapi2 (FAPI 2.0 Security Profile §5.3.2.1, §5.4.1)', () => {
  const notAllowed = 'authentication-method-allowed'
  const allowed = 'private_key_jwt, tls_client_auth, self_signed_tls_client_auth'

  test('secrets and platforms prove nobody, at any endpoint', async () => {
    await policy({ profile: 'fapi2' })
    const platform = { client_assertion_type: assertionType, client_assertion: platformToken() }
    const post = { client_id: 'cp', client_secret: server.secrets.cp ?? '' }
    for (const path of ['/oauth2/token', '/oauth2/introspect', '/oauth2/revoke']) {
      const form = { ...credentials, token: 'x' }
      await assertRejected(() => server.post(path, form, { ...server.basic('cb'), dpop: proof() }), notAllowed)
      await assertRejected(() => server.post(path, { ...form, ...post }, { dpop: proof() }), notAllowed)
      await assertRejected(() => server.post(path, { ...form, ...platform }, { dpop: proof() }), notAllowed)
    }
    const grant = { grant_type: jwtBearer, assertion: platformToken() }
    await assertRejected(() => ask(grant, { dpop: proof() }), notAllowed, [400, 'invalid_grant'])
  })

  test('neither does an access token at introspection', async () => {
    await policy()
    const text = await (await ask({}, server.basic('cb'))).text()
    const { access_token: token } = JSON.parse(text)
    await policy({ profile: 'fapi2' })
    const headers = { authorization: `Bearer ${token}` }
    await assertRejected(() => server.post('/oauth2/introspect', { token }, headers), notAllowed, [
      401,
      'invalid_token',
    ])
  })

  test('keys and certificates do, and their tokens are bound', async () => {
    await policy({ profile: 'fapi2' })
    for (const way of ['private_key_jwt', 'tls_client_auth'] as const) {
      await assertRejected(async () => ways[way]?.() as Promise<Response>, 'sender-constrained', [
        400,
        'invalid_request',
      ])
      assert.equal(await typeOf((await ways[way]?.({ dpop: proofFor(way) })) as Response), 'DPoP')
    }
    await typeOf(await askTls('tls-bound'))
    await typeOf(await askTls('self-bound', ownCertificate))
    const [event] = await auditOf(server.store, { types: ['token.issued'] })
    assert.ok(JSON.stringify(event?.confirmation).includes('x5t#S256'))
    const revoked = await server.post('/oauth2/revoke', { token: 'x', ...assertion(keyed) })
    assert.equal(revoked.status, 200)
  })

  for (const algorithm of ['PS256', 'ES256', 'Ed25519'] as const) {
    test(`assertions by ${algorithm} are taken`, async () => {
      await policy({ profile: 'fapi2' })
      const id = await makeKeyClient(algorithm)
      assert.equal(await typeOf(await ask(assertion(id, algorithm), { dpop: proof() })), 'DPoP')
    })
  }

  for (const algorithm of ['RS256', 'ES384'] as const) {
    test(`assertions by ${algorithm} are not, and its keys are not registered`, async () => {
      await policy()
      const id = await makeKeyClient(algorithm)
      await policy({ profile: 'fapi2' })
      await assertRejected(() => ask(assertion(id, algorithm), { dpop: proof() }), 'assertion-algorithm')
      await assertBreaksRule(
        call('createClientKey', { client: keyed }, { input: keyInput(algorithm) }),
        `client ${keyed}: the workspace's profile fapi2 allows PS256, ES256, Ed25519, EdDSA, not ${algorithm}`,
        '/jwk',
      )
    })
  }

  test('assertions live a minute at the most, and are for the issuer as text', async () => {
    await policy()
    const id = await makeKeyClient('ES256', { tokenEndpointAudience: true })
    await policy({ profile: 'fapi2' })
    const wrong: readonly (readonly [Part, string])[] = [
      [{ exp: seconds() + 3600 }, 'assertion-exp'],
      [{ exp: seconds() + 61 }, 'assertion-exp'],
      [{ iat: seconds() - 40, exp: seconds() + 30 }, 'assertion-exp'],
      [{ iat: undefined, exp: seconds() + 100 }, 'assertion-exp'],
      [{ iat: undefined, nbf: seconds() - 40, exp: seconds() + 30 }, 'assertion-exp'],
      [{ iat: seconds() + 61, exp: seconds() + 70 }, 'assertion-iat'],
      [{ aud: [issuer] }, 'assertion-audience'],
      [{ aud: `${issuer}/oauth2/token` }, 'assertion-audience'],
    ]
    for (const [claims, check] of wrong) {
      await assertRejected(() => ask(assertion(id, 'ES256', claims), { dpop: proof() }), check)
    }
    const ahead = { iat: seconds() + 10, nbf: seconds() + 10, exp: seconds() + 60 }
    assert.equal(await typeOf(await ask(assertion(id, 'ES256', ahead), { dpop: proof() })), 'DPoP')
  })

  test('proofs are by its algorithms', async () => {
    await policy({ profile: 'fapi2' })
    const url = `${issuer}/oauth2/token`
    for (const algorithm of ['ES384', 'RS256', 'PS256', 'Ed25519'] as const) {
      const header = { typ: 'dpop+jwt', jwk: pairs[algorithm].publicKey.export({ format: 'jwk' }) }
      const dpop = jws(algorithm, { jti: randomUUID(), htm: 'POST', htu: url, iat: seconds() }, header)
      const send = () => ask(assertion(keyed), { dpop })
      if (algorithm === 'PS256' || algorithm === 'Ed25519') assert.equal(await typeOf(await send()), 'DPoP')
      else await assertRejected(send, 'dpop-algorithm', [400, 'invalid_dpop_proof'])
    }
  })

  test('metadata says so, and says otherwise without it', async () => {
    const read = async (): Promise<Readonly<Record<string, readonly string[]>>> =>
      (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json() as never
    await policy()
    const before = await read()
    assert.ok(before.token_endpoint_auth_methods_supported?.includes('client_secret_basic'))
    await policy({ profile: 'fapi2' })
    const metadata = await read()
    for (const endpoint of ['token', 'introspection', 'revocation']) {
      assert.deepEqual(metadata[`${endpoint}_endpoint_auth_methods_supported`]?.toSorted(), [
        'private_key_jwt',
        'self_signed_tls_client_auth',
        'tls_client_auth',
      ])
      assert.deepEqual(metadata[`${endpoint}_endpoint_auth_signing_alg_values_supported`]?.toSorted(), [
        'ES256',
        'Ed25519',
        'PS256',
      ])
    }
    assert.deepEqual(metadata.dpop_signing_alg_values_supported?.toSorted(), ['ES256', 'Ed25519', 'EdDSA', 'PS256'])
    assert.deepEqual(metadata.grant_types_supported, ['client_credentials'])
    await policy()
    assert.deepEqual(await read(), before)
  })

  test('no client, secret or API is made that could not be used', async () => {
    await policy({ profile: 'fapi2' })
    const id = newId()
    const create = (methods: readonly string[]) =>
      call('createClient', {}, { input: { id, authenticationMethods: methods } })
    for (const method of ['client_secret_basic', 'client_secret_post', 'federated']) {
      const message = `client ${id}: the workspace's profile fapi2 allows ${allowed}, not ${method}`
      await assertBreaksRule(create([method]), message, '/authenticationMethods/0')
    }
    await assertBreaksRule(
      call('createSecret', { client: 'cb' }, { input: { type: 'generated' } }),
      "client cb: the workspace's profile fapi2 allows no secrets",
    )
    const api = { id: 'rs', audience: 'https://rs.test', algorithm: 'RS256' }
    await assertBreaksRule(
      call('createApi', {}, { input: api }),
      "api rs: the workspace's profile fapi2 allows PS256, ES256, Ed25519, EdDSA, not RS256",
      '/algorithm',
    )
    await policy()
    done(await call('createApi', {}, { input: api }))
    await assertBreaksRule(
      call('updateWorkspace', {}, { input: { profile: 'fapi2' } }),
      'the profile fapi2 allows PS256, ES256, Ed25519, EdDSA, and api rs signs with RS256',
      '/profile',
    )
    done(await call('deleteApi', { api: 'rs' }))
  })
})

test('the system workspace has none of them', async () => {
  const place = { tenant: 'system', workspace: 'admin' }
  const policies = { allowSecrets: false, maximumSecretLifetime: 60, senderConstrainedTokens: true, profile: 'fapi2' }
  for (const [name, value] of Object.entries(policies)) {
    await assertBreaksRule(
      call('updateWorkspace', place, { input: { [name]: value } }),
      `the system workspace has no policy ${name}: it could lock you out`,
      `/${name}`,
    )
  }
  await assertBreaksRule(
    call('updateWorkspace', place, { input: { auditOutage: 'available' } }),
    'the system workspace lets nobody in whose event is not stored',
    '/auditOutage',
  )
})

test('what was staged before the workspace forbade it does not become live afterwards', async () => {
  await policy()
  const { id: client } = await makeClient()
  const { privateKey: _private, ...pair } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), alg: 'RS256' }
  const secret = done(await call('createSecret', { client }, { input: { type: 'generated', staged: true } }))
  const key = done(await call('createClientKey', { client }, { input: { type: 'key', jwk, staged: true } }))
  for (const [given, { id: credential }] of [
    [{ allowSecrets: false }, secret],
    [{ refuseRs256Assertions: true }, key],
    [{ profile: 'fapi2' }, key],
  ] as const) {
    await policy(given)
    const live = await call('changeCredentialState', { client, credential }, { input: { state: 'live' } })
    assert.equal(live.status, 400, live.text)
    const rotation = await call('startRotation', { client }, { input: { staged: credential } })
    assert.equal(rotation.status, 400, rotation.text)
    assert.equal(
      (await call('changeCredentialState', { client, credential }, { input: { state: 'staged' } })).status,
      200,
    )
  }
  await policy()
  for (const { id: credential } of [secret, key]) {
    done(await call('changeCredentialState', { client, credential }, { input: { state: 'live' } }))
  }
})
