import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { auditOf, change } from '../configure.ts'
import { bodyOf, startFaultyApp } from '../faulty-app.ts'
import { casesFounding, startTestServer } from '../fixtures.ts'
import { assertRefused, issuedCount, refusalEvent } from '../refusals.ts'

const founding = {
  ...casesFounding,
  clients: {
    ...casesFounding.clients,
    short: {
      capabilities: ['client_credentials'],
      tokenLifetime: 120,
      permissions: casesFounding.clients.cb?.permissions ?? [],
    },
    plain: {
      capabilities: ['client_credentials'],
      permissions: [{ api: 'api-a', scopes: ['api:read'], defaultScopes: [] }],
    },
    nothing: { capabilities: ['client_credentials'] },
    two: {
      capabilities: ['client_credentials'],
      permissions: [
        { api: 'api-a', scopes: ['api:read'], defaultScopes: ['api:read'] },
        { api: 'api-b', scopes: ['b:read'], defaultScopes: ['b:read'] },
      ],
    },
  },
} as const
const server = await startTestServer({ after }, { founding })
const target = { ...server, workspace: founding.workspace }
const t0 = 'grant_type=client_credentials'

const post = (client: string, more = '') => server.post('/oauth2/token', `${t0}${more}`, server.basic(client))
type Issued = { access_token: string; token_type: string; expires_in: number; scope?: string }
const issued = async (client: string, more = ''): Promise<Issued> => {
  const response = await post(client, more)
  const body = (await response.json()) as Issued
  assert.equal(response.status, 200, JSON.stringify(body))
  return body
}
const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>

test('SEC-001: a client with Basic credentials gets a token', async () => {
  const response = await post('cb')
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
  assert.match(response.headers.get('cache-control') ?? '', /no-store/)
  assert.equal(response.headers.get('pragma'), 'no-cache')
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
  const body = (await response.json()) as Record<string, unknown>
  assert.deepEqual(Object.keys(body).sort(), ['access_token', 'expires_in', 'scope', 'token_type'])
  assert.equal(body.expires_in, 3600)
  assert.equal(body.token_type, 'Bearer')
  assert.equal(body.scope, 'api:read')
})

test('SEC-001: the event of the token is in the log when the answer is here, and holds no token', async () => {
  const { access_token } = await issued('cb')
  const { jti, exp } = claimsOf(access_token)
  const [event] = await auditOf(server.store, { types: ['token.issued'] })
  const { credential, kid, ...rest } = event ?? {}
  assert.deepEqual(rest, {
    type: 'token.issued',
    workspace: 'acme/cases',
    client: 'cb',
    api: 'api-a',
    scope: 'api:read',
    jti,
    expires: exp,
    grant: 'client_credentials',
    address: '127.0.0.1',
  })
  assert.ok(String(jti).startsWith(`${credential}.`))
  assert.ok(kid)
})

describe('RFC 6749 §5.2: the grant', () => {
  test('SEC-120: a missing grant_type, and those that are not ours', async () => {
    const before = await issuedCount(server)
    await assertRefused(await server.post('/oauth2/token', '', server.basic('cb')), 400, 'invalid_request')
    for (const grant of [
      'password&username=u&password=p',
      'foo',
      'refresh_token&refresh_token=x',
      'authorization_code&code=x',
      'implicit',
      'urn:ietf:params:oauth:grant-type:device_code',
    ]) {
      const response = await server.post('/oauth2/token', `grant_type=${grant}`, server.basic('cb'))
      await assertRefused(response, 400, 'unsupported_grant_type')
    }
    assert.equal(await issuedCount(server), before)
  })

  test('SEC-121: a client without the capability', async () => {
    const response = await post('rsA')
    assert.equal((await refusalEvent(server, response)).check, 'capability')
    await assertRefused(response, 400, 'unauthorized_client')
  })

  test('SEC-134: a client that was disabled or deleted, and one that never was', async () => {
    await change(target, 'client', 'short', { enabled: false })
    await assertRefused(await post('short'), 401, 'invalid_client')
    await change(target, 'client', 'short', { enabled: true })
    await issued('short')
  })
})

describe('RFC 6749 §3.3: scope', () => {
  test('SEC-122: without scope the defaults are granted and named', async () => {
    assert.equal((await issued('cb')).scope, 'api:read')
    assert.equal((await issued('cb', '&scope=')).scope, 'api:read')
  })

  test('SEC-122: without scope and without defaults the token has none, and none is named', async () => {
    const body = await issued('plain')
    assert.ok(!('scope' in body))
    assert.ok(!('scope' in claimsOf(body.access_token)))
  })

  test('SEC-123: what is asked is granted, whatever its order, without duplicates', async () => {
    for (const [scope, expected] of [
      ['api:read+api:write', ['api:read', 'api:write']],
      ['api%3Awrite%20api%3Aread', ['api:read', 'api:write']],
      ['api:write', ['api:write']],
      ['api:read+api:read', ['api:read']],
    ] as const) {
      const body = await issued('cb', `&scope=${scope}`)
      assert.deepEqual((body.scope ?? '').split(' ').toSorted(), expected)
      assert.equal(claimsOf(body.access_token).scope, body.scope)
    }
  })

  test('SEC-124: one scope that is unknown or not permitted refuses them all', async () => {
    const before = await issuedCount(server)
    for (const scope of ['admin', 'api:read+admin', 'b:read', 'API:READ', 'api:*', '*', 'api', 'api:read,api:write']) {
      await assertRefused(await post('cb', `&scope=${scope}`), 400, 'invalid_scope')
    }
    await assertRefused(await post('cp', '&scope=api:read'), 401, 'invalid_client')
    assert.equal(await issuedCount(server), before)
  })

  test('scopes that are not written as RFC 6749 §3.3 says are refused', async () => {
    for (const scope of [
      '+api:read',
      'api:read+',
      'api:read++api:write',
      'api:read%09',
      'api:read%0A',
      '%22',
      '%5C',
      '%C3%A9',
      '%00',
    ]) {
      await assertRefused(await post('cb', `&scope=${scope}`), 400, 'invalid_scope')
    }
  })
})

describe('RFC 8707: resource', () => {
  test('SEC-128: resource selects the audience, and nothing else', async () => {
    const jwt = await issued('two', '&resource=https://api-a.test')
    assert.equal(claimsOf(jwt.access_token).aud, 'https://api-a.test')
    assert.equal(jwt.scope, 'api:read')
    const opaque = await issued('two', '&resource=https%3A%2F%2Fapi-b.test')
    const seen = await server.post('/oauth2/introspect', { token: opaque.access_token }, server.basic('rsB'))
    const body = (await seen.json()) as { aud: string; scope: string }
    assert.deepEqual([body.aud, body.scope], ['https://api-b.test', 'b:read'])
  })

  test('SEC-128: a scope of the other API is no scope of this one', async () => {
    await assertRefused(await post('two', '&resource=https://api-a.test&scope=b:read'), 400, 'invalid_scope')
    await assertRefused(await post('two', '&resource=https://api-a.test&scope=api:read+b:read'), 400, 'invalid_scope')
  })

  test('SEC-129: a resource that is unknown, not permitted or not well-formed', async () => {
    const before = await issuedCount(server)
    for (const resource of [
      'https://api-z.test',
      '/relative',
      'api-a.test',
      'https://api-a.test%23frag',
      `https://api-a.test/${'x'.repeat(3072)}`,
      'https://api-b.test',
      'https://api-a.test/',
      'HTTPS://api-a.test',
      'https://api-a.test%20',
      'urn:',
      '%00',
    ]) {
      await assertRefused(await post('cb', `&resource=${resource}`), 400, 'invalid_target')
    }
    assert.equal(await issuedCount(server), before)
  })

  test('a token is for one API unless the workspace allows more; the same resource twice is one', async () => {
    const both = '&resource=https://api-a.test&resource=https://api-b.test'
    await assertRefused(await post('two', both), 400, 'invalid_target')
    await issued('cb', '&resource=https://api-a.test&resource=https://api-a.test')
  })

  test('a request that could mean several APIs is refused, one that can mean only one is not', async () => {
    await assertRefused(await post('two'), 400, 'invalid_target')
    assert.equal((await issued('two', '&scope=api:read')).scope, 'api:read')
    await assertRefused(await post('two', '&scope=api:read+b:read'), 400, 'invalid_scope')
  })

  test('a client without permissions gets no token: there is no audience for everyone', async () => {
    await assertRefused(await post('nothing'), 400, 'invalid_target')
  })

  test('a disabled API is nobody’s target', async () => {
    await change(target, 'api', 'api-b', { enabled: false })
    await assertRefused(await post('two', '&resource=https://api-b.test'), 400, 'invalid_target')
    assert.equal((await issued('two')).scope, 'api:read')
    await change(target, 'api', 'api-b', { enabled: true })
  })
})

describe('RFC 6749 §5.1: the token', () => {
  test('SEC-132: it lives as long as is configured, whatever the request says', async () => {
    const body = await issued('short', '&expires_in=99999&lifetime=99999&exp=9999999999')
    assert.equal(body.expires_in, 120)
    const { exp, iat } = claimsOf(body.access_token)
    assert.equal(Number(exp) - Number(iat), 120)
  })

  test('SEC-132: a change of the configured lifetimes is in force for the next token', async () => {
    await change(target, 'api', 'api-a', { tokenLifetime: 60 })
    assert.equal((await issued('cb')).expires_in, 60)
    assert.equal((await issued('short')).expires_in, 120)
    await change(target, 'api', 'api-a', { tokenLifetime: undefined })
    await change(target, 'workspace', 'acme/cases', { maxTokenLifetime: 100 })
    assert.equal((await issued('short')).expires_in, 100)
    assert.equal((await issued('cb')).expires_in, 100)
    await change(target, 'workspace', 'acme/cases', { maxTokenLifetime: undefined })
  })

  test('SEC-133: a thousand requests in parallel give a thousand different tokens, in both formats', async () => {
    for (const scope of ['api:read', 'b:read']) {
      const tokens = await Promise.all(Array.from({ length: 500 }, () => server.token('cx', { scope })))
      assert.equal(new Set(tokens).size, 500)
      if (scope === 'api:read') assert.equal(new Set(tokens.map((token) => claimsOf(token).jti)).size, 500)
    }
  })
})

describe('SEC-137: what fails inside', () => {
  test('an unexpected failure is a server_error with a reference, and shows nothing of itself', async (context) => {
    const faulty = await startFaultyApp(context)
    faulty.bugs.add('keys.listKeys')
    const failed = await faulty.post('cb', '/oauth2/token', { grant_type: 'client_credentials' })
    assert.equal(failed.status, 500)
    const reference = failed.headers['mintmark-reference'] ?? ''
    assert.match(reference, /^\w{10}$/)
    assert.deepEqual(bodyOf(failed), {
      error: 'server_error',
      error_description: 'The server failed to process the request.',
    })
    const [event] = await auditOf(faulty.store, { reference })
    assert.deepEqual([event?.type, event?.client, event?.check], ['token.refused', 'cb', 'internal'])
    assert.equal((await auditOf(faulty.store, { types: ['token.issued'] })).length, 0)
  })

  test('no event, no token: while the log cannot be written the answer is 503', async (context) => {
    const faulty = await startFaultyApp(context)
    faulty.faults.add('audit.append')
    const refused = await faulty.post('cb', '/oauth2/token', { grant_type: 'client_credentials' })
    assert.equal(refused.status, 503)
    assert.equal(bodyOf(refused).error, 'temporarily_unavailable')
    assert.ok(!String(refused.body).includes('access_token'))
    assert.ok(!String(refused.body).includes('disk'))
    assert.ok(refused.headers['retry-after'])
    const wrong = await faulty.post('nobody', '/oauth2/token', { grant_type: 'client_credentials' })
    assert.equal(wrong.status, 503)
    faulty.faults.clear()
    assert.equal((await faulty.post('cb', '/oauth2/token', { grant_type: 'client_credentials' })).status, 200)
  })

  test('what cannot be read is 503, and never a guess', async (context) => {
    const faulty = await startFaultyApp(context)
    for (const fault of ['configuration.readClient', 'configuration.readAll', 'keys.listKeys', 'keys.changeKeys']) {
      faulty.faults.add(fault)
      await faulty.restart()
      const refused = await faulty.post('cb', '/oauth2/token', { grant_type: 'client_credentials' })
      assert.equal(refused.status, 503, fault)
      assert.equal(bodyOf(refused).error, 'temporarily_unavailable')
      faulty.faults.clear()
    }
    assert.equal((await auditOf(faulty.store, { types: ['token.issued'] })).length, 0)
  })
})
