import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { auditOf, change, create, remove } from '../configure.ts'
import { bodyOf, startFaultyApp } from '../faulty-app.ts'
import { casesFounding, startTestServer } from '../fixtures.ts'

/** Besides the clients of the cases: one that both gets tokens and introspects, and more than one API in a token. */
const founding = {
  ...casesFounding,
  settings: { ...casesFounding.settings, multipleAudiences: true },
  apis: {
    ...casesFounding.apis,
    'api-c': { audience: 'https://api-c.test', scopes: [{ name: 'c:read', description: 'Read C' }] },
    'api-d': { audience: 'https://api-d.test', scopes: [{ name: 'd:read', description: 'Read D' }] },
  },
  clients: {
    ...casesFounding.clients,
    gateway: {
      capabilities: ['client_credentials', 'introspection'],
      introspects: ['api-a', 'api-b'],
      permissions: [{ api: 'api-a', scopes: ['api:read'], defaultScopes: [] }],
    },
    careless: { introspects: ['api-a'] },
    both: {
      capabilities: ['client_credentials'],
      permissions: [
        { api: 'api-c', scopes: ['c:read'], defaultScopes: ['c:read'] },
        { api: 'api-d', scopes: ['d:read'], defaultScopes: ['d:read'] },
      ],
    },
    rsC: { capabilities: ['introspection'], introspects: ['api-c'] },
  },
} as const
const server = await startTestServer({ after }, { founding })
const target = { ...server, workspace: founding.workspace }

const inactive = { active: false }
const opaqueOf = () => server.token('cx', { scope: 'b:read' })

const introspect = (caller: Readonly<Record<string, string>>, token: string, more: Record<string, string> = {}) =>
  server.post('/oauth2/introspect', { token, ...more }, caller)
const stateOf = async (caller: string, token: string): Promise<unknown> => {
  const response = await introspect(server.basic(caller), token)
  assert.equal(response.status, 200)
  return response.json()
}
const isActive = async (caller: string, token: string): Promise<boolean> =>
  ((await stateOf(caller, token)) as { active: boolean }).active
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const decode = (jwt: string, part: 0 | 1) =>
  JSON.parse(Buffer.from(jwt.split('.')[part] ?? '', 'base64url').toString()) as Record<string, unknown>
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('RFC 7662 §2.2: the answer', () => {
  test('SEC-144: an active JWT is described in full', async () => {
    const token = await server.token('cb', { scope: 'api:write' })
    const response = await introspect(server.basic('rsA'), token)
    assert.equal(response.status, 200)
    assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
    assert.equal(response.headers.get('cache-control'), 'no-store')
    const { exp, iat, jti, ...rest } = (await response.json()) as Record<string, unknown>
    assert.deepEqual(rest, {
      active: true,
      client_id: 'cb',
      sub: 'cb',
      scope: 'api:write',
      iss: server.issuer,
      aud: 'https://api-a.test',
      token_type: 'Bearer',
    })
    assert.ok(Number.isInteger(exp) && Number.isInteger(iat))
    assert.equal(Number(exp) - Number(iat), 3600)
    assert.equal(jti, decode(token, 1).jti)
  })

  test('SEC-144: an active opaque token is described in full', async () => {
    const token = await opaqueOf()
    assert.match(token, /^mmk_at_\w+$/)
    const { exp, iat, jti, ...rest } = (await stateOf('rsB', token)) as Record<string, unknown>
    assert.deepEqual(rest, {
      active: true,
      client_id: 'cx',
      sub: 'cx',
      scope: 'b:read',
      iss: server.issuer,
      aud: 'https://api-b.test',
      token_type: 'Bearer',
    })
    assert.equal(Number(exp) - Number(iat), 3600)
    assert.match(String(jti), /^\w{10}\.[\w-]{22}$/)
  })

  test('a token without scope has no scope member', async () => {
    const token = await server.token('gateway')
    assert.ok(!('scope' in ((await stateOf('rsA', token)) as object)))
  })

  test('SEC-145: everything that is not a live token is {"active":false} and nothing else', async () => {
    const jwt = await server.token('cb')
    const opaque = await opaqueOf()
    const [header = '', payload = '', signature = ''] = jwt.split('.')
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const forge = (head: object, claims: object) => {
      const input = `${encode(head)}.${encode(claims)}`
      return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
    }
    const head = decode(jwt, 0)
    const claims = decode(jwt, 1)
    const texts = {
      'a random string': 'no-token-at-all',
      'a number': '0',
      'a JWT cut short': jwt.slice(0, -10),
      'a JWT without signature': `${header}.${payload}.`,
      'two parts of a JWT': `${header}.${payload}`,
      'a JWT with more claims': `${header}.${encode({ ...claims, scope: 'api:read admin' })}.${signature}`,
      'an empty payload': `${header}.${encode({})}.${signature}`,
      'no payload': `${header}..${signature}`,
      'algorithm none': `${encode({ ...head, alg: 'none' })}.${payload}.`,
      'algorithm HS256': `${encode({ ...head, alg: 'HS256' })}.${payload}.${signature}`,
      'an unknown key with our kid': forge(head, claims),
      'an unknown key with its own kid': forge({ ...head, kid: 'k-unknown' }, claims),
      'a key in the header': forge({ ...head, jwk: key.export({ format: 'jwk' }) }, claims),
      'another issuer': forge({ ...head, kid: 'k' }, { ...claims, iss: 'https://issuer.test' }),
      'a client assertion': forge(
        { typ: 'client-authentication+jwt', alg: 'ES256' },
        { iss: 'cb', sub: 'cb', aud: server.issuer },
      ),
      'an opaque token cut short': opaque.slice(0, -1),
      'an opaque token with one character changed': opaque.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      'the prefix alone': 'mmk_at_',
      'a client secret': server.secrets.cb ?? '',
      '4 KiB of junk': 'x'.repeat(4096),
      '4 KiB of junk behind the prefix': `mmk_at_${'z'.repeat(4096)}`,
      'a JWT of dots': 'eyJ......',
      'control characters': '\u0000\u0007\n',
      JSON: '{"active":true}',
    }
    for (const [name, text] of Object.entries(texts)) {
      assert.deepEqual(await stateOf('rsA', text), inactive, `${name}, rsA`)
      assert.deepEqual(await stateOf('rsB', text), inactive, `${name}, rsB`)
    }
    assert.equal(await isActive('rsA', jwt), true)
    assert.equal(await isActive('rsB', opaque), true)
  })

  test('SEC-145: a token of another workspace is none of ours, though the same server made it', async (context) => {
    const other = await startTestServer(context, { founding: { ...casesFounding, workspace: 'acme/other' } })
    const foreign = await other.token('cb')
    assert.deepEqual(await stateOf('rsA', foreign), inactive)
    const foreignOpaque = await other.token('cx', { scope: 'b:read' })
    assert.deepEqual(await stateOf('rsB', foreignOpaque), inactive)
  })

  test('SEC-157: on its last second a token is dead', async () => {
    for (const [caller, obtain] of [
      ['rsA', () => server.token('cb')],
      ['rsB', opaqueOf],
    ] as const) {
      const token = await obtain()
      const { exp } = (await stateOf(caller, token)) as { exp: number }
      server.clock.advance((exp - 2) * 1000 - server.clock.now())
      assert.equal(await isActive(caller, token), true)
      server.clock.advance(exp * 1000 - server.clock.now())
      assert.deepEqual(await stateOf(caller, token), inactive)
      server.clock.advance(1000)
      assert.deepEqual(await stateOf(caller, token), inactive)
    }
  })

  test('SEC-157: a token issued further in the future than clocks may differ is not active yet', async () => {
    const token = await server.token('cb')
    server.clock.advance(-20_000)
    assert.equal(await isActive('rsA', token), true)
    server.clock.advance(-40_000)
    assert.deepEqual(await stateOf('rsA', token), inactive)
    server.clock.advance(60_000)
  })
})

describe('RFC 7662 §2.1 and §4: who may ask, and who is told', () => {
  test('SEC-147: without authentication, or with a wrong secret, 401 and a challenge', async () => {
    const token = await server.token('cb')
    for (const caller of [{}, server.basic('rsA', 'wrong'), server.basic('nobody', 'wrong')]) {
      const response = await introspect(caller, token)
      assert.equal(response.status, 401)
      assert.match(response.headers.get('www-authenticate') ?? '', /^Basic realm=/)
      assert.equal(response.headers.get('cache-control'), 'no-store')
      const body = (await response.json()) as Record<string, unknown>
      assert.equal(body.error, 'invalid_client')
      assert.ok(!('active' in body))
    }
  })

  test('SEC-147: a refused introspection is audited under its reference, an answered one is not written at all', async () => {
    const token = await server.token('cb')
    const before = await server.store.audit.newest()
    await introspect(server.basic('rsA'), token)
    await introspect(server.basic('rsA'), 'garbage')
    assert.equal(await server.store.audit.newest(), before)
    const refused = await introspect(server.basic('rsA', 'wrong'), token)
    const reference = refused.headers.get('mintmark-reference') ?? ''
    const [event] = await auditOf(server.store, { reference })
    assert.equal(event?.type, 'introspection.refused')
    assert.equal(event?.client, 'rsA')
    assert.equal(event?.check, 'credential-proven')
    assert.ok(!JSON.stringify(event).includes(token))
  })

  test('SEC-147: a bearer without the capability, asking about what is not its own, has no privilege for it', async () => {
    const foreign = await server.token('cb')
    const asking = bearer(await server.token('cx', { scope: 'api:read' }))
    for (const text of [foreign, 'garbage', await server.token('both', { scope: 'c:read' })]) {
      const response = await introspect(asking, text)
      assert.equal(response.status, 401)
      assert.match(
        response.headers.get('www-authenticate') ?? '',
        /^Bearer realm="mintmark", error="insufficient_scope"/,
      )
      const body = (await response.json()) as Record<string, unknown>
      assert.deepEqual(Object.keys(body), ['error', 'error_description'])
    }
  })

  test('SEC-147: a bearer that is not active gets 401 and the Bearer challenge', async () => {
    const token = await server.token('cb')
    const spent = await server.token('cb')
    await server.post('/oauth2/revoke', { token: spent }, server.basic('cb'))
    for (const text of ['garbage', spent, `${token}x`, await server.token('cb').then((jwt) => jwt.slice(0, -5))]) {
      const response = await introspect(bearer(text), token)
      assert.equal(response.status, 401)
      assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer realm="mintmark", error="invalid_token"/)
      assert.equal(((await response.json()) as { error: string }).error, 'invalid_token')
    }
  })

  test('a bearer that is malformed, or comes with a secret as well, is an invalid request', async () => {
    const token = await server.token('cb')
    const headers = ['Bearer', 'Bearer  two', `Bearer ${token} more`]
    for (const authorization of headers) {
      const response = await introspect({ authorization }, token)
      assert.equal(response.status, 400, authorization)
    }
    const twice = await introspect(bearer(token), token, { client_id: 'cb', client_secret: server.secrets.cb ?? '' })
    assert.equal(twice.status, 400)
    assert.equal(((await twice.json()) as { error: string }).error, 'invalid_request')
  })

  test('SEC-148: a resource server outside the audience learns nothing', async () => {
    const jwt = await server.token('cb')
    assert.deepEqual(await stateOf('rsB', jwt), inactive)
    assert.deepEqual(await stateOf('rsA', await opaqueOf()), inactive)
  })

  test('SEC-148: an API in introspects means nothing without the capability', async () => {
    assert.deepEqual(await stateOf('careless', await server.token('cb')), inactive)
  })

  test('SEC-151: a client sees its own tokens and not those of others', async () => {
    const jwt = await server.token('cb')
    const opaque = await opaqueOf()
    assert.equal(await isActive('cb', jwt), true)
    assert.equal(await isActive('cx', opaque), true)
    assert.deepEqual(await stateOf('cx', jwt), inactive)
    assert.deepEqual(await stateOf('cb', opaque), inactive)
  })

  test('SEC-151: a bearer sees itself and other tokens of its client, in both formats', async () => {
    const one = await server.token('cx', { scope: 'api:read' })
    const two = await opaqueOf()
    for (const [asking, asked] of [
      [one, one],
      [two, two],
      [one, two],
      [two, one],
    ] as const) {
      const response = await introspect(bearer(asking), asked)
      assert.equal(response.status, 200)
      assert.equal(((await response.json()) as { client_id: string }).client_id, 'cx')
    }
  })

  test("SEC-147: a bearer never speaks with its client's right to introspect: an API that was sent the token could use it", async () => {
    const own = await server.token('gateway')
    assert.equal((await introspect(bearer(own), own)).status, 200)
    for (const text of [await server.token('cb'), await opaqueOf(), 'garbage']) {
      const response = await introspect(bearer(own), text)
      assert.equal(response.status, 401)
      assert.match(response.headers.get('www-authenticate') ?? '', /error="insufficient_scope"/)
      assert.ok(!(await response.text()).includes('active'))
    }
    assert.equal(await isActive('gateway', await server.token('cb')), true)
  })

  test('a token for several APIs is seen by the resource server of any of them', async () => {
    const form = 'grant_type=client_credentials&resource=https://api-c.test&resource=https://api-d.test'
    const issued = await server.post('/oauth2/token', form, server.basic('both'))
    const { access_token } = (await issued.json()) as { access_token: string }
    assert.deepEqual(((await stateOf('rsC', access_token)) as { aud: unknown }).aud, [
      'https://api-c.test',
      'https://api-d.test',
    ])
    assert.deepEqual(await stateOf('rsA', access_token), inactive)
    await change(target, 'api', 'api-d', { enabled: false })
    assert.deepEqual(await stateOf('rsC', access_token), inactive)
    await change(target, 'api', 'api-d', { enabled: true })
  })
})

describe('RFC 7662 §2.1: the request', () => {
  test('SEC-152: a missing, empty or repeated token parameter is an invalid request', async () => {
    for (const form of ['', 'token=', 'token_type_hint=access_token', 'token=a&token=b', 'token=a&token=']) {
      const response = await server.post('/oauth2/introspect', form, server.basic('rsA'))
      assert.equal(response.status, 400, form)
      assert.equal(((await response.json()) as { error: string }).error, 'invalid_request')
      assert.equal(response.headers.get('cache-control'), 'no-store')
    }
  })

  test('SEC-154: any hint works', async () => {
    const jwt = await server.token('cb')
    const opaque = await opaqueOf()
    for (const token_type_hint of ['access_token', 'refresh_token', 'bogus', '']) {
      for (const [caller, token] of [
        ['rsA', jwt],
        ['rsB', opaque],
      ] as const) {
        const response = await introspect(server.basic(caller), token, { token_type_hint })
        assert.equal(((await response.json()) as { active: boolean }).active, true)
      }
    }
  })

  test('SEC-155: other methods are refused with Allow, and a token in the query is never processed', async () => {
    const token = await server.token('cb')
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD']) {
      const response = await fetch(`${server.issuer}/oauth2/introspect?token=${token}`, {
        method,
        headers: server.basic('rsA'),
      })
      assert.equal(response.status, 405, method)
      assert.equal(response.headers.get('allow'), 'POST')
      assert.ok(!(await response.text()).includes('active'))
    }
    const inQuery = await server.post(`/oauth2/introspect?token=${token}`, '', server.basic('rsA'))
    assert.equal(inQuery.status, 400)
  })

  test('SEC-155: a JSON body is refused', async () => {
    const response = await fetch(`${server.issuer}/oauth2/introspect`, {
      method: 'POST',
      headers: { ...server.basic('rsA'), 'content-type': 'application/json' },
      body: JSON.stringify({ token: await server.token('cb') }),
    })
    assert.equal(response.status, 415)
    assert.equal(((await response.json()) as { error: string }).error, 'invalid_request')
  })
})

describe('what ends a token, and what does not', () => {
  test('SEC-134: the tokens of a disabled client are inactive for as long as it is disabled', async () => {
    const jwt = await server.token('cb')
    await change(target, 'client', 'cb', { enabled: false })
    assert.deepEqual(await stateOf('rsA', jwt), inactive)
    const refused = await server.post('/oauth2/token', { grant_type: 'client_credentials' }, server.basic('cb'))
    assert.equal(refused.status, 401)
    assert.equal(((await refused.json()) as { error: string }).error, 'invalid_client')
    assert.equal((await introspect(bearer(jwt), jwt)).status, 401)
    await change(target, 'client', 'cb', { enabled: true })
    assert.equal(await isActive('rsA', jwt), true)
  })

  test('SEC-134: a deleted client takes its tokens along, also when another of the same name comes', async () => {
    const body = { capabilities: ['client_credentials'], permissions: casesFounding.clients.cx?.permissions }
    const make = async (id: string) => {
      await create(target, 'client', 'cz', body)
      const credential = (await server.store.configuration.readClient(target.workspace, 'cx'))?.credentials[0]
      await create(target, 'credential', id, JSON.parse(credential?.body ?? '{}') as object, 'cz')
    }
    await make('first00000')
    const issued = await server.post(
      '/oauth2/token',
      { grant_type: 'client_credentials', scope: 'b:read' },
      server.basic('cz', server.secrets.cx),
    )
    const { access_token } = (await issued.json()) as { access_token: string }
    assert.equal(await isActive('rsB', access_token), true)
    await remove(target, 'client', 'cz')
    assert.deepEqual(await stateOf('rsB', access_token), inactive)
    await make('second0000')
    assert.deepEqual(await stateOf('rsB', access_token), inactive)
  })

  test('dropping a secret ends the tokens it obtained, at once; letting it expire does not', async () => {
    const found = await server.store.configuration.readClient(target.workspace, 'cp')
    const credential = found?.credentials[0]
    assert.ok(credential)
    const secret = { client_id: 'cp', client_secret: server.secrets.cp ?? '' }
    const issued = await server.post('/oauth2/token', { grant_type: 'client_credentials', ...secret })
    const { access_token } = (await issued.json()) as { access_token: string }
    await change(target, 'credential', credential.id, { expires: server.clock.now() - 1 }, 'cp')
    assert.equal((await server.post('/oauth2/token', { grant_type: 'client_credentials', ...secret })).status, 401)
    assert.equal(await isActive('rsA', access_token), true)
    await remove(target, 'credential', credential.id, 'cp')
    assert.deepEqual(await stateOf('rsA', access_token), inactive)
  })

  test('the tokens of a disabled or deleted API are inactive', async () => {
    await create(target, 'api', 'api-e', { audience: 'https://api-e.test', scopes: [{ name: 'e', description: '' }] })
    await create(target, 'client', 'rsE', { capabilities: ['introspection'], introspects: ['api-e'] })
    const permissions = [{ api: 'api-e', scopes: ['e'], defaultScopes: ['e'] }]
    await change(target, 'client', 'both', { permissions })
    const token = await server.token('both')
    assert.equal(await isActive('both', token), true)
    await change(target, 'api', 'api-e', { enabled: false })
    assert.deepEqual(await stateOf('both', token), inactive)
    await change(target, 'api', 'api-e', { enabled: true })
    assert.equal(await isActive('both', token), true)
    await remove(target, 'api', 'api-e')
    assert.deepEqual(await stateOf('both', token), inactive)
    await change(target, 'client', 'both', { permissions: founding.clients.both.permissions })
  })
})

describe('SEC-161: what cannot be known is never active', () => {
  test('revocations that cannot be read give 503, and the truth as soon as they can', async (context) => {
    const faulty = await startFaultyApp(context)
    const issued = await faulty.post('cb', '/oauth2/token', { grant_type: 'client_credentials' })
    const token = String(bodyOf(issued).access_token)
    faulty.faults.add('revocations.listLive')
    await faulty.restart()
    const unknown = await faulty.post('rsA', '/oauth2/introspect', { token })
    assert.equal(unknown.status, 503)
    assert.equal(bodyOf(unknown).error, 'temporarily_unavailable')
    assert.ok(unknown.headers['retry-after'])
    assert.ok(!('active' in bodyOf(unknown)))
    faulty.faults.clear()
    assert.equal(bodyOf(await faulty.post('rsA', '/oauth2/introspect', { token })).active, true)
  })

  test('a client, key or workspace that cannot be read gives 503', async (context) => {
    const faulty = await startFaultyApp(context)
    const issued = await faulty.post('cb', '/oauth2/token', { grant_type: 'client_credentials' })
    const token = String(bodyOf(issued).access_token)
    for (const fault of ['configuration.readClient', 'configuration.readEntity', 'keys.listKeys']) {
      faulty.faults.add(fault)
      await faulty.restart()
      const unknown = await faulty.post('rsA', '/oauth2/introspect', { token })
      assert.equal(unknown.status, 503, fault)
      assert.equal(bodyOf(unknown).error, 'temporarily_unavailable')
      faulty.faults.clear()
    }
  })

  test('a refusal whose audit event cannot be written is a 503 as well', async (context) => {
    const faulty = await startFaultyApp(context)
    faulty.faults.add('audit.append')
    const refused = await faulty.post('rsA', '/oauth2/introspect', {})
    assert.equal(refused.status, 503)
  })
})
