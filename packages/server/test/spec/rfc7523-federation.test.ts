import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { startAdminServer } from '../admin-fixture.ts'
import { casesFounding, manyFailures } from '../fixtures.ts'
import { createPlatform, type Part, type Platform, platformClaims } from '../platforms.ts'
import { assertRefused, issuedCount, refusalEvent } from '../refusals.ts'

const assertionTypes = {
  jwt: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  spiffe: 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe',
} as const
const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const permissions = casesFounding.clients.cb?.permissions ?? []
const server = await startAdminServer({ after }, { settings: manyFailures })
const { call, issuer, clock } = server

type Matcher =
  | { claim: string; equals: string | number | boolean }
  | { claim: string; prefix: string }
  | { claim: string; glob: string }

const trust = async (id: string, iss: string, { jwks }: Platform, more: object = {}): Promise<void> => {
  const created = await call('createTrust', {}, { input: { id, issuer: iss, keys: { type: 'jwks', jwks }, ...more } })
  assert.equal(created.status, 201, created.text)
}
const client = async (id: string, more: object = {}): Promise<void> => {
  const capabilities = ['client_credentials', 'jwt_bearer']
  const input = { id, capabilities, permissions, authenticationMethods: ['federated'], ...more }
  const created = await call('createClient', {}, { input })
  assert.equal(created.status, 201, created.text)
}
const federate = async (id: string, trustId: string, match: readonly Matcher[], more: object = {}): Promise<string> => {
  const added = await call('createFederation', { client: id }, { input: { trust: trustId, match, ...more } })
  assert.equal(added.status, 201, added.text)
  return added.body.id
}

const moment = () => ({ now: Math.floor(clock.now() / 1000), audience: issuer })
const asAssertion = (text: string, more: Part = {}, type: string = assertionTypes.jwt): Promise<Response> =>
  server.post('/oauth2/token', {
    grant_type: 'client_credentials',
    client_assertion_type: type,
    client_assertion: text,
    ...(more as Record<string, string>),
  })
const asGrant = (assertion: string, more: Part = {}): Promise<Response> =>
  server.post('/oauth2/token', { grant_type: jwtBearer, assertion, ...(more as Record<string, string>) })

const issuedTo = async (response: Response): Promise<string> => {
  const text = await response.text()
  assert.equal(response.status, 200, text)
  const { access_token: token } = JSON.parse(text)
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()).client_id
}
/** Refused in both ways alike, with this check for the operator, without a token in the events, and no token issued. */
const assertRejected = async (text: string, check: string, more: Part = {}): Promise<void> => {
  const before = await issuedCount(server)
  for (const [ask, status, error] of [
    [asAssertion, 401, 'invalid_client'],
    [asGrant, 400, 'invalid_grant'],
  ] as const) {
    const response = await ask(text, more)
    const event = await refusalEvent(server, response)
    assert.equal(event.check, check)
    assert.ok(!JSON.stringify(event).includes(text.split('.')[2] || 'nothing'))
    await assertRefused(response, status, error)
  }
  assert.equal(await issuedCount(server), before)
}

const cluster = createPlatform('RS256', { kid: 'Xk3', jwkMembers: { alg: 'RS256' } })
const clusterIssuer = 'https://kubernetes.default.svc.cluster.local'
const kubernetes = (more: Part = {}): Part => platformClaims.kubernetes(moment(), clusterIssuer, more)
const invoices = [
  { claim: 'sub', equals: 'system:serviceaccount:billing:invoices' },
  { claim: '/kubernetes.io/namespace', equals: 'billing' },
  { claim: '/kubernetes.io/pod/name', prefix: 'invoices-' },
]
await trust('cluster', clusterIssuer, cluster)
await client('invoices')
await federate('invoices', 'cluster', invoices)
const good = (more: Part = {}): string => cluster.token(kubernetes(more))

describe('a workload is a client by what its platform says', () => {
  test('Kubernetes: a projected token, with and without client_id, as assertion and as grant, again until it ends', async () => {
    const text = good()
    for (const more of [{}, { client_id: 'invoices' }]) {
      assert.equal(await issuedTo(await asAssertion(text, more)), 'invoices')
      assert.equal(await issuedTo(await asGrant(text, more)), 'invoices')
    }
    clock.advance(3_700_000)
    await assertRejected(text, 'assertion-exp')
  })

  test('GitHub Actions: a subject with and without ids', async () => {
    const github = createPlatform('RS256', { header: { typ: 'JWT', x5t: 'eBZ' } })
    const iss = 'https://token.actions.githubusercontent.com'
    await trust('github', iss, github)
    await client('deploy')
    await federate('deploy', 'github', [
      { claim: 'repository_owner_id', equals: '123456' },
      { claim: 'sub', glob: 'repo:octo-org*/app*:environment:production' },
    ])
    for (const sub of [
      'repo:octo-org@123456/app@456789:environment:production',
      'repo:octo-org/app:environment:production',
    ]) {
      assert.equal(await issuedTo(await asGrant(github.token(platformClaims.github(moment(), iss, { sub })))), 'deploy')
    }
    const fork = platformClaims.github(moment(), iss, { repository_owner_id: '6666' })
    await assertRejected(github.token(fork), 'federated-client-known')
    for (const sub of [
      'repo:octo-org/app:pull_request',
      // The environment of another repository may have any name; a star does not reach beyond a colon.
      'repo:octo-org/evil:environment:x/app:environment:production',
      'repo:octo-org/app:environment:production:x',
    ]) {
      await assertRejected(github.token(platformClaims.github(moment(), iss, { sub })), 'federated-client-known')
    }
  })

  test('GitLab CI: branches by pattern', async () => {
    const gitlab = createPlatform('RS256', { header: { typ: 'JWT' } })
    await trust('gitlab', 'https://gitlab.example', gitlab)
    await client('pipeline')
    await federate('pipeline', 'gitlab', [
      { claim: 'project_id', equals: '20' },
      { claim: 'ref_protected', equals: 'true' },
      { claim: 'sub', glob: 'project_path:my-group/my-project:ref_type:branch:ref:**' },
    ])
    const ref = (name: string) => `project_path:my-group/my-project:ref_type:branch:ref:${name}`
    for (const name of ['main', 'release/1.2']) {
      const claims = platformClaims.gitlab(moment(), 'https://gitlab.example', { sub: ref(name) })
      assert.equal(await issuedTo(await asAssertion(gitlab.token(claims))), 'pipeline')
    }
    const open = platformClaims.gitlab(moment(), 'https://gitlab.example', { ref_protected: true })
    await assertRejected(gitlab.token(open), 'federated-client-known')
  })

  test('AWS, Google Cloud and Microsoft Entra: nested claims with slashes, numbers, booleans; RSA keys without alg', async () => {
    const [aws, gcp, azure] = [
      createPlatform('ES384'),
      createPlatform('RS256'),
      createPlatform('RS256', { header: { typ: 'JWT' } }),
    ]
    const awsIssuer = 'https://abc123.tokens.sts.global.api.aws'
    const azureIssuer = 'https://sts.windows.net/a1b2c3d4-0000-4000-8000-000000000003/'
    await trust('aws', awsIssuer, aws)
    await trust('gcp', 'https://accounts.google.com', gcp)
    await trust('azure', azureIssuer, azure, { audiences: ['api://mintmark'] })
    await client('cloud')
    await federate('cloud', 'aws', [
      { claim: '/https:~1~1sts.amazonaws.com~1/aws_account', equals: '123456789012' },
      { claim: 'sub', equals: 'arn:aws:iam::123456789012:role/Invoices' },
    ])
    await federate('cloud', 'gcp', [
      { claim: '/google/compute_engine/project_number', equals: 739_419_398_126 },
      { claim: 'email_verified', equals: true },
      { claim: 'email', equals: 'invoices@my-project.iam.gserviceaccount.com' },
    ])
    await federate('cloud', 'azure', [{ claim: 'oid', equals: 'a1b2c3d4-0000-4000-8000-000000000002' }])
    const tokens = [
      aws.token(platformClaims.aws(moment(), awsIssuer)),
      gcp.token(platformClaims.gcp(moment(), 'https://accounts.google.com')),
      azure.token(platformClaims.azure({ ...moment(), audience: 'api://mintmark' }, azureIssuer)),
    ]
    for (const text of tokens) {
      assert.equal(await issuedTo(await asAssertion(text)), 'cloud')
      assert.equal(await issuedTo(await asGrant(text)), 'cloud')
    }
    const asText = { email_verified: 'true' }
    const text = gcp.token(platformClaims.gcp(moment(), 'https://accounts.google.com', asText))
    await assertRejected(text, 'federated-client-known')
    await assertRejected(azure.token(platformClaims.azure(moment(), azureIssuer)), 'assertion-audience')
  })

  test('SPIFFE: a JWT-SVID without iss, its SPIFFE id as client_id or none; nothing else is one', async () => {
    const spire = createPlatform('ES256', { header: { typ: 'JWT' }, jwkMembers: { use: 'jwt-svid' } })
    const bundle = { ...spire, jwks: { ...spire.jwks, spiffe_sequence: 1, spiffe_refresh_hint: 300 } }
    await trust('spire', 'spiffe://example.org', bundle)
    await client('mesh')
    const sub = 'spiffe://example.org/ns/billing/sa/invoices'
    await federate('mesh', 'spire', [{ claim: 'sub', equals: sub }])
    const svid = (more: Part = {}) => spire.token(platformClaims.spiffe(moment(), more))
    for (const more of [{}, { client_id: 'mesh' }, { client_id: sub }]) {
      assert.equal(await issuedTo(await asAssertion(svid(), more, assertionTypes.spiffe)), 'mesh')
    }
    const withIssuer = svid({ iss: 'https://oidc.example.org' })
    assert.equal(await issuedTo(await asAssertion(withIssuer, {}, assertionTypes.spiffe)), 'mesh')
    assert.equal(await issuedTo(await asGrant(svid())), 'mesh')
    // The wrong type for it, another trust domain, an id of no workload, and a token that is no SVID.
    await assertRefused(await asAssertion(withIssuer), 401, 'invalid_client')
    for (const wrong of [
      'spiffe://other.org/ns/billing/sa/invoices',
      'spiffe://example.org',
      `${sub}/`,
      `${sub}/..`,
      `${sub}%2f`,
    ]) {
      await assertRefused(await asAssertion(svid({ sub: wrong }), {}, assertionTypes.spiffe), 401, 'invalid_client')
    }
    await assertRefused(await asAssertion(good(), {}, assertionTypes.spiffe), 401, 'invalid_client')
    // A platform of another kind cannot speak for the trust domain, whatever its subjects are called.
    await assertRefused(await asAssertion(good({ sub }), {}, assertionTypes.spiffe), 401, 'invalid_client')
    await assertRefused(await asGrant(good({ sub })), 400, 'invalid_grant')
    assert.equal(
      (
        await call(
          'createTrust',
          {},
          { input: { id: 'x', issuer: 'spiffe://example.org', keys: { type: 'discovery' } } },
        )
      ).status,
      400,
    )
  })
})

describe('a token of a platform is refused', () => {
  test('for another audience, for others besides us, for nobody, and for the token endpoint', async () => {
    for (const aud of [
      'https://other.example',
      [issuer, 'https://other.example'],
      [],
      undefined,
      7,
      [[issuer]],
      `${issuer}/oauth2/token`,
      `${issuer}/`,
    ]) {
      await assertRejected(good({ aud }), 'assertion-audience')
    }
  })

  test('that has ended, never ends, lives too long, or is not valid yet', async () => {
    const { now } = moment()
    for (const [more, check] of [
      [{ exp: now - 16 }, 'assertion-exp'],
      [{ exp: undefined }, 'assertion-exp'],
      [{ exp: String(now + 60) }, 'assertion-exp'],
      [{ exp: now + 86_500 }, 'assertion-exp'],
      [{ nbf: now + 60 }, 'assertion-nbf'],
      [{ nbf: 'now' }, 'assertion-nbf'],
      [{ iat: now + 60 }, 'assertion-iat'],
    ] as const) {
      await assertRejected(good(more), check)
    }
  })

  test('of another trust that says the same: each has its own keys', async () => {
    const other = createPlatform('RS256', { kid: 'Xk3', jwkMembers: { alg: 'RS256' } })
    await trust('other-cluster', 'https://other.cluster.example', other)
    await assertRejected(other.token(kubernetes()), 'assertion-signature')
    await assertRejected(other.token(kubernetes({ iss: 'https://other.cluster.example' })), 'federated-client-known')
    await assertRejected(other.token(kubernetes({ iss: 'https://other.cluster.example' })), 'federated-matchers-hold', {
      client_id: 'invoices',
    })
  })

  test('two clusters of one issuer are told apart by their keys', async () => {
    const twin = createPlatform('RS256', { kid: 'Xk3' })
    await trust('twin', clusterIssuer, twin)
    await client('twin')
    await federate('twin', 'twin', invoices)
    assert.equal(await issuedTo(await asGrant(twin.token(kubernetes()))), 'twin')
    assert.equal(await issuedTo(await asGrant(good())), 'invoices')
    await assertRejected(good(), 'federated-matchers-hold', { client_id: 'twin' })
    assert.equal((await call('deleteClient', { client: 'twin' })).status, 200)
    assert.equal((await call('deleteTrust', { trust: 'twin' })).status, 200)
  })

  test('of an issuer that is not trusted, or spelt otherwise', async () => {
    for (const iss of [
      `${clusterIssuer}/`,
      clusterIssuer.toUpperCase(),
      'https://evil.example',
      '__proto__',
      'constructor',
    ]) {
      await assertRejected(cluster.token(kubernetes({ iss })), 'assertion-iss')
    }
    const array = await asGrant(cluster.token(kubernetes({ iss: [clusterIssuer] })))
    await assertRefused(array, 400, 'invalid_grant')
  })

  test('with another algorithm: none, an HMAC under the public key, one the trust does not take, one key two algorithms', async () => {
    const none = `${Buffer.from('{"alg":"none","kid":"Xk3"}').toString('base64url')}.${good().split('.')[1]}.`
    await assertRefused(await asGrant(none), 400, 'invalid_grant')
    const input = `${Buffer.from('{"alg":"HS256","kid":"Xk3"}').toString('base64url')}.${good().split('.')[1]}`
    const mac = createHmac('sha256', JSON.stringify(cluster.jwks.keys[0])).update(input).digest('base64url')
    await assertRejected(`${input}.${mac}`, 'assertion-algorithm')
    await assertRejected(cluster.token(kubernetes(), { alg: 'PS256' }), 'assertion-signature')
    await assertRejected(cluster.token(kubernetes(), { alg: 'RS512' }), 'assertion-algorithm')
    const ed = createPlatform('ES256')
    await trust('only-rs', 'https://only-rs.example', ed, { algorithms: ['RS256'] })
    await assertRejected(ed.token(kubernetes({ iss: 'https://only-rs.example' })), 'assertion-algorithm')
  })

  test('that names another key, brings its own along, or demands an extension', async () => {
    const evil = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const jwk = evil.publicKey.export({ format: 'jwk' })
    for (const header of [
      { jwk },
      { jku: 'https://evil.example/jwks' },
      { x5c: ['MII'] },
      { kid: 'nope' },
      { kid: '../Xk3' },
    ]) {
      await assertRejected(cluster.token(kubernetes(), header, evil.privateKey), 'assertion-signature')
    }
    await assertRejected(cluster.token(kubernetes(), { kid: 'xk3' }), 'assertion-signature')
    await assertRejected(cluster.token(kubernetes(), { kid: ['Xk3'] }), 'assertion-kid')
    await assertRejected(cluster.token(kubernetes(), { crit: ['b64'], b64: false }), 'assertion-crit')
    await assertRejected(cluster.token(kubernetes(), { typ: 'at+jwt' }), 'assertion-typ')
  })

  test('whose claims are of another type, a list, or of names that objects have by birth', async () => {
    for (const sub of [undefined, '', 7, null, ['system:serviceaccount:billing:invoices'], { a: 1 }]) {
      const response = await asGrant(good({ sub }))
      await assertRefused(response, 400, 'invalid_grant')
    }
    const nested = kubernetes()['kubernetes.io'] as Part
    for (const place of [
      undefined,
      'billing',
      ['billing'],
      { ...nested, namespace: ['billing'] },
      { ...nested, namespace: 'Billing' },
    ]) {
      await assertRejected(good({ 'kubernetes.io': place }), 'federated-client-known')
    }
    await assertRejected(
      good({ 'kubernetes.io': undefined, '/kubernetes.io/namespace': 'billing' }),
      'federated-client-known',
    )
    await client('born')
    await federate('born', 'cluster', [
      { claim: 'sub', equals: 'system:serviceaccount:born:born' },
      { claim: '/constructor/name', equals: 'Object' },
    ])
    await assertRejected(good({ sub: 'system:serviceaccount:born:born' }), 'federated-client-known')
  })

  test('whose claims hold patterns, other letters that look the same, or characters nobody sees', async () => {
    const sub = 'system:serviceaccount:billing:invoices'
    for (const wrong of [
      '*',
      '**',
      'system:serviceaccount:*:*',
      'system:serviceaccount:billing:invo\u0456ces',
      `${sub}\u200b`,
      `${sub} `,
      `${sub}\n`,
      `${sub}\u0000`,
      sub.toUpperCase(),
      sub.replace('i', 'ı'),
      `${sub}\ud800`,
    ]) {
      await assertRejected(good({ sub: wrong }), 'federated-client-known')
    }
    await client('accent')
    await federate('accent', 'cluster', [{ claim: 'sub', equals: 'caf\u00e9' }])
    assert.equal(await issuedTo(await asGrant(good({ sub: 'caf\u00e9' }))), 'accent')
    await assertRejected(good({ sub: 'cafe\u0301' }), 'federated-client-known')
  })

  test('with two proofs, two assertions, none, or another client’s name', async () => {
    const basic = server.basic('cb')
    const both = await server.post('/oauth2/token', { grant_type: jwtBearer, assertion: good() }, basic)
    await assertRefused(both, 400, 'invalid_request')
    const two = await asAssertion(good(), { grant_type: jwtBearer, assertion: good() })
    await assertRefused(two, 400, 'invalid_request')
    await assertRefused(await asAssertion(good(), { grant_type: jwtBearer }), 400, 'invalid_request')
    await assertRejected(good(), 'authentication-method-registered', { client_id: 'cb' })
    await assertRejected(good(), 'client-known', { client_id: 'nobody' })
    await assertRefused(await asGrant('x.y.z'), 400, 'invalid_grant')
    await assertRefused(await asGrant(`${'a'.repeat(9000)}.b.c`), 400, 'invalid_grant')
    // Without a client, a secret does not become a grant.
    await assertRefused(
      await server.post('/oauth2/token', { grant_type: jwtBearer }, basic),
      400,
      'unauthorized_client',
    )
  })
})

describe('who a token is must be certain', () => {
  test('two clients match: neither is it, but each where it is named', async () => {
    await client('one')
    await client('two')
    const match = [{ claim: 'sub', equals: 'system:serviceaccount:shared:job' }]
    await federate('one', 'cluster', match)
    const second = await federate('two', 'cluster', [
      ...match,
      { claim: '/kubernetes.io/namespace', equals: 'billing' },
    ])
    const text = good({ sub: 'system:serviceaccount:shared:job' })
    await assertRejected(text, 'federated-client-sole')
    assert.equal(await issuedTo(await asGrant(text, { client_id: 'one' })), 'one')
    assert.equal(await issuedTo(await asGrant(text, { client_id: 'two' })), 'two')
    assert.equal((await call('deleteFederation', { client: 'two', federation: second })).status, 200)
    assert.equal(await issuedTo(await asGrant(text)), 'one')
    await assertRejected(text, 'federated-matchers-hold', { client_id: 'two' })
  })

  test('a client that is disabled, may not use the method or lacks the capability stays out', async () => {
    await client('shut', { enabled: false })
    await client('secretive', { authenticationMethods: ['client_secret_basic'], secret: { type: 'generated' } })
    await client('grantless', { capabilities: ['client_credentials'] })
    for (const id of ['shut', 'secretive', 'grantless']) {
      await federate(id, 'cluster', [{ claim: 'sub', equals: `system:serviceaccount:x:${id}` }])
    }
    const sub = (id: string) => good({ sub: `system:serviceaccount:x:${id}` })
    await assertRejected(sub('shut'), 'client-enabled')
    await assertRejected(sub('secretive'), 'authentication-method-registered')
    assert.equal(await issuedTo(await asAssertion(sub('grantless'))), 'grantless')
    await assertRefused(await asGrant(sub('grantless')), 400, 'unauthorized_client')
  })

  test('a client that came in without a secret cannot come in with one', async () => {
    const { body } = await call('createSecret', { client: 'invoices' }, { input: { type: 'generated' } })
    const response = await server.post(
      '/oauth2/token',
      { grant_type: 'client_credentials' },
      server.basic('invoices', body.secret ?? ''),
    )
    assert.equal((await refusalEvent(server, response)).check, 'authentication-method-registered')
    await assertRefused(response, 401, 'invalid_client')
  })

  test('a federated identity that has ended, and one that was removed, prove nothing; its tokens die with the removal', async () => {
    await client('brief')
    const expires = new Date(clock.now() + 60_000).toISOString()
    const id = await federate('brief', 'cluster', [{ claim: 'sub', equals: 'brief' }], { expires })
    const response = await asGrant(good({ sub: 'brief' }))
    const { access_token: token } = (await response.json()) as { access_token: string }
    clock.advance(61_000)
    await assertRejected(good({ sub: 'brief' }), 'federated-client-known')
    await assertRejected(good({ sub: 'brief' }), 'federated-matchers-hold', { client_id: 'brief' })
    const active = async () => {
      const answer = await server.post('/oauth2/introspect', { token }, server.basic('rsA'))
      return ((await answer.json()) as { active: boolean }).active
    }
    assert.equal(await active(), true)
    assert.equal((await call('deleteFederation', { client: 'brief', federation: id })).status, 200)
    assert.equal(await active(), false)
  })

  test('a federated identity that is staged or retired proves nothing; one that drains does until its end', async () => {
    await client('moving')
    const credential = await federate('moving', 'cluster', [{ claim: 'sub', equals: 'moving' }], { staged: true })
    const become = async (state: string) => {
      const input = { state, ...(state === 'draining' ? { overlap: 60 } : {}) }
      const reply = await call('changeCredentialState', { client: 'moving', credential }, { input })
      assert.equal(reply.status, 200, reply.text)
    }
    await assertRejected(good({ sub: 'moving' }), 'federated-client-known')
    await become('live')
    assert.equal((await asGrant(good({ sub: 'moving' }))).status, 200)
    await become('retired')
    await assertRejected(good({ sub: 'moving' }), 'federated-client-known')
    await become('draining')
    assert.equal((await asGrant(good({ sub: 'moving' }))).status, 200)
    clock.advance(61_000)
    await assertRejected(good({ sub: 'moving' }), 'federated-client-known')
  })

  test('a trust that was used and is disabled or deleted is believed no more', async () => {
    const brief = createPlatform('ES256')
    const iss = 'https://brief.example'
    await trust('brief-trust', iss, brief)
    await client('guest')
    const federation = await federate('guest', 'brief-trust', [{ claim: 'sub', equals: 'guest' }])
    const text = brief.token(kubernetes({ iss, sub: 'guest' }))
    assert.equal(await issuedTo(await asGrant(text)), 'guest')
    await call('updateTrust', { trust: 'brief-trust' }, { input: { enabled: false } })
    await assertRejected(text, 'trust-enabled')
    await call('updateTrust', { trust: 'brief-trust' }, { input: { enabled: true } })
    assert.equal(await issuedTo(await asGrant(text)), 'guest')
    const used = await call('deleteTrust', { trust: 'brief-trust' })
    assert.equal(used.status, 409)
    assert.match(used.text, /client guest/)
    await call('deleteFederation', { client: 'guest', federation })
    assert.equal((await call('deleteTrust', { trust: 'brief-trust' })).status, 200)
    await assertRejected(text, 'assertion-iss')
    // Another issuer's keys under the same name begin from nothing.
    await trust('brief-trust', iss, createPlatform('ES256'))
    await assertRejected(text, 'assertion-signature')
  })

  test('a token counts once where the trust says so, and what is issued may end with it', async () => {
    const once = createPlatform('ES256')
    const iss = 'https://once.example'
    await trust('once', iss, once, { singleUse: true, boundLifetime: true, maximumLifetime: 600 })
    await client('once', { tokenLifetime: 3600 })
    await federate('once', 'once', [{ claim: 'sub', equals: 'once' }])
    const { now } = moment()
    const token = (more: Part = {}) => once.token(kubernetes({ iss, sub: 'once', exp: now + 300, ...more }))
    const text = token()
    const response = await asGrant(text)
    const { expires_in: lifetime } = (await response.json()) as { expires_in: number }
    assert.ok(lifetime <= 300 && lifetime > 280, String(lifetime))
    await assertRejected(text, 'assertion-used-once')
    await assertRejected(token({ jti: undefined }), 'assertion-jti')
    await assertRejected(token({ exp: now + 700 }), 'assertion-exp')
    const refused = token({ jti: 'kept' })
    await assertRefused(await asGrant(refused, { scope: 'nothing:here' }), 400, 'invalid_scope')
    const raced = token()
    const statuses = (await Promise.all(Array.from({ length: 10 }, () => asGrant(raced)))).map(({ status }) => status)
    assert.equal(statuses.filter((status) => status === 200).length, 1)
  })
})

describe('matchers and trusts are checked when they are made', () => {
  test('no client may be everybody: sub or its like is matched exactly', async () => {
    await client('wide')
    for (const match of [
      [{ claim: 'sub', prefix: 'repo:octo-org/' }],
      [{ claim: 'sub', glob: '**' }],
      [{ claim: 'aud', equals: issuer }],
      [{ claim: 'iss', equals: clusterIssuer }],
      [
        { claim: 'ref', equals: 'refs/heads/main' },
        { claim: 'sub', glob: 'repo:*' },
      ],
      [
        { claim: '/kubernetes.io~2/namespace', equals: 'x' },
        { claim: 'sub', equals: 'x' },
      ],
      [{ claim: 'sub', equals: '\ud800' }],
      // As JSON is read, 9007199254740993 is this number too.
      [{ claim: 'project_id', equals: 9_007_199_254_740_992 }],
    ]) {
      const refused = await call('createFederation', { client: 'wide' }, { input: { trust: 'cluster', match } })
      assert.equal(refused.status, 400, refused.text)
    }
    for (const match of [
      [],
      [{ claim: 'sub' }],
      [{ claim: 'sub', equals: 'x', prefix: 'x' }],
      [{ claim: 'sub', equals: null }],
      [{ claim: 'sub', equals: '' }],
    ]) {
      const refused = await call('createFederation', { client: 'wide' }, { input: { trust: 'cluster', match } })
      assert.equal(refused.status, 400, refused.text)
    }
    const many = Array.from({ length: 50 }, () => ({ claim: 'sub', equals: 'many' }))
    await federate('wide', 'cluster', many)
    const nowhere = await call('createFederation', { client: 'wide' }, { input: { trust: 'nowhere', match: many } })
    assert.equal(nowhere.status, 400)
  })

  test('names of repositories that others can have one day are accepted with a warning', async () => {
    const add = async (match: readonly Matcher[]) => {
      const { body } = await call('createFederation', { client: 'wide' }, { input: { trust: 'cluster', match } })
      return body.warnings.length
    }
    const named = { claim: 'sub', equals: 'repo:octo-org/app:ref:refs/heads/main' }
    assert.equal(await add([named]), 1)
    assert.equal(await add([named, { claim: 'repository_owner_id', equals: '123456' }]), 0)
    assert.equal(await add([{ claim: 'sub', equals: 'repo:octo-org@123456/app@456789:ref:refs/heads/main' }]), 0)
    assert.equal(await add([{ claim: 'sub', equals: 'project_path:a/b:ref_type:branch:ref:main' }]), 1)
  })

  test('a trust needs an issuer and keys that can be', async () => {
    const keys = { type: 'jwks', jwks: cluster.jwks }
    for (const input of [
      { issuer: 'http://plain.example', keys: { type: 'discovery' } },
      { issuer: 'https://user:pass@x.example', keys: { type: 'discovery' } },
      { issuer: 'https://x.example', keys: { type: 'jwks-uri', uri: 'http://x.example/jwks' } },
      { issuer: 'https://x.example', keys: { type: 'jwks', jwks: {} } },
      { issuer: 'https://x.example', keys: { type: 'jwks', jwks: { keys: [] } } },
      { issuer: 'https://x.example', keys: { type: 'jwks', jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } } },
      {
        issuer: 'https://x.example',
        keys: { type: 'jwks', jwks: { keys: [...cluster.jwks.keys, ...cluster.jwks.keys] } },
      },
      { issuer: 'spiffe://x.example/path', keys },
      { issuer: 'https://x.example', keys, algorithms: ['none'] },
      { issuer: 'https://x.example', keys, algorithms: [] },
    ]) {
      const refused = await call('createTrust', {}, { input: { id: 'wrong', ...input } })
      assert.equal(refused.status, 400, refused.text)
      assert.ok(!refused.text.includes('c2VjcmV0'))
    }
  })
})
