import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { Problem } from '@mintmark/protocol/admin'
import { type Reply, startAdminServer } from '../admin-fixture.ts'

const server = await startAdminServer({ after })
const { call } = server

const grant = { grant_type: 'client_credentials' }
const tokenStatus = async (client: string, secret: string): Promise<number> =>
  (await server.post('/oauth2/token', grant, server.basic(client, secret))).status

const problemOf = (reply: Reply): Problem => reply.body as Problem

const assertProblem = (reply: Reply, status: number, name: string, detail?: RegExp): void => {
  assert.equal(reply.status, status, reply.text)
  assert.equal(problemOf(reply).type, `urn:mintmark:problem:${name}`, reply.text)
  assert.equal(problemOf(reply).status, status)
  assert.match(problemOf(reply).reference ?? '', /^[0-9a-z]{10}$/)
  if (detail !== undefined) assert.match(reply.text, detail)
}

const readsApiA = [{ api: 'api-a', scopes: ['api:read'], defaultScopes: ['api:read'] }]

test('a client is made, shown, changed and deleted, and the running server acts on each at once', async () => {
  const input = {
    id: 'job',
    capabilities: ['client_credentials'],
    permissions: readsApiA,
    secret: { type: 'generated' },
  }
  const made = await call('createClient', {}, { input })
  assert.equal(made.status, 201, made.text)
  const secret = made.body.secret?.secret ?? ''
  assert.equal(await tokenStatus('job', secret), 200)
  const shown = await call('showClient', { client: 'job' })
  const { secret: _secret, ...client } = made.body
  assert.deepEqual(shown.body, client)
  assert.deepEqual(shown.body.authenticationMethods, ['client_secret_basic', 'client_secret_post'])
  assert.equal(shown.headers.get('etag'), `"${shown.body.revision}"`)
  assert.equal(shown.headers.get('cache-control'), 'no-store')
  const disabled = await call('updateClient', { client: 'job' }, { input: { enabled: false } })
  assert.equal(disabled.body.enabled, false)
  assert.equal(await tokenStatus('job', secret), 401)
  await call('updateClient', { client: 'job' }, { input: { enabled: true, displayName: 'Job' } })
  assert.equal(await tokenStatus('job', secret), 200)
  const deleted = await call('deleteClient', { client: 'job' })
  assert.deepEqual(deleted.body.changes.map(({ action, kind }) => `${action} ${kind}`).sort(), [
    'deleted client',
    'deleted credential',
  ])
  assert.equal(await tokenStatus('job', secret), 401)
  assertProblem(await call('showClient', { client: 'job' }), 404, 'not-found')
  assertProblem(await call('deleteClient', { client: 'job' }), 404, 'not-found', /Client job does not exist/)
})

test('a token of a deleted client is dead, also when a client of that name is made again', async () => {
  const input = {
    id: 'twice',
    capabilities: ['client_credentials'],
    permissions: readsApiA,
    secret: { type: 'generated' },
  }
  const made = await call('createClient', {}, { input })
  const response = await server.post('/oauth2/token', grant, server.basic('twice', made.body.secret?.secret))
  const { access_token: token } = (await response.json()) as { access_token: string }
  assert.equal((await call('inspectToken', {}, { input: { token } })).body.active, true)
  await call('deleteClient', { client: 'twice' })
  assert.equal((await call('inspectToken', {}, { input: { token } })).body.reason, 'client-known')
  await call('createClient', {}, { input })
  assert.equal((await call('inspectToken', {}, { input: { token } })).body.active, false)
})

test('an API is made, changed and deleted; null takes a lifetime away', async () => {
  const input = { id: 'orders', audience: 'https://orders.test', scopes: [{ name: 'orders:read' }], tokenLifetime: 60 }
  const made = await call('createApi', {}, { input })
  assert.equal(made.status, 201, made.text)
  assert.deepEqual(made.body.scopes, [{ name: 'orders:read', description: '' }])
  assert.equal(made.body.tokenFormat, 'jwt')
  const changed = await call('updateApi', { api: 'orders' }, { input: { tokenLifetime: null, algorithm: 'RS256' } })
  assert.equal(changed.body.tokenLifetime, undefined)
  assert.equal(changed.body.algorithm, 'RS256')
  assert.equal((await call('deleteApi', { api: 'orders' })).status, 200)
  assertProblem(await call('showApi', { api: 'orders' }), 404, 'not-found')
})

test('an API that clients are still permitted is not deleted, nor a scope of it, and the clients are named', async () => {
  const deletion = await call('deleteApi', { api: 'api-a' })
  assertProblem(deletion, 409, 'conflict', /client cb is permitted it/)
  assert.match(problemOf(deletion).conflicts?.join() ?? '', /client rsA introspects its tokens/)
  const narrowed = await call('updateApi', { api: 'api-a' }, { input: { scopes: [{ name: 'api:read' }] } })
  assertProblem(narrowed, 409, 'conflict', /client cb is permitted api:write/)
  assert.equal((await call('showApi', { api: 'api-a' })).body.scopes.length, 2)
})

test('a workspace is made, issues tokens at its own URL, and is deleted only when it is empty', async () => {
  const made = await call('createWorkspace', {}, { input: { tenant: 'acme', id: 'shop', tokenLifetime: 120 } })
  assert.equal(made.status, 201, made.text)
  assert.equal(made.body.issuer, `${server.publicUrl}/acme/shop`)
  const shop = { workspace: 'shop' }
  await call('createApi', shop, { input: { id: 'a', audience: 'https://a.test', scopes: [{ name: 's' }] } })
  const client = await call('createClient', shop, {
    input: {
      capabilities: ['client_credentials'],
      permissions: [{ api: 'a', scopes: ['s'], defaultScopes: ['s'] }],
      secret: { type: 'generated' },
    },
  })
  const response = await server.post(
    `${made.body.issuer}/oauth2/token`,
    grant,
    server.basic(client.body.id, client.body.secret?.secret),
  )
  assert.equal(((await response.json()) as { expires_in: number }).expires_in, 120)
  assertProblem(await call('deleteWorkspace', shop), 409, 'conflict', /still has api a/)
  await call('deleteClient', { ...shop, client: client.body.id })
  await call('deleteApi', { ...shop, api: 'a' })
  assert.equal((await call('deleteWorkspace', shop)).status, 200)
  assertProblem(await call('showWorkspace', shop), 404, 'not-found')
  assertProblem(await call('createApi', shop, { input: { id: 'a', audience: 'https://a.test' } }), 404, 'not-found')
  assert.equal((await fetch(`${made.body.issuer}/.well-known/jwks.json`)).status, 404)
  const again = await call('createWorkspace', {}, { input: { tenant: 'acme', id: 'shop' } })
  assert.equal(again.status, 201, again.text)
})

test('a workspace that is switched off answers nothing, and again when it is switched on', async () => {
  const metadata = () => fetch(`${server.issuer}/.well-known/jwks.json`)
  await call('updateWorkspace', {}, { input: { enabled: false } })
  assert.equal((await metadata()).status, 404)
  await call('updateWorkspace', {}, { input: { enabled: true } })
  assert.equal((await metadata()).status, 200)
})

test('an alias answers at once, moves between workspaces, and is never taken twice', async () => {
  const alias = { path: '/oauth/v2/oauth-token', endpoint: 'token' }
  const set = await call('updateWorkspace', {}, { input: { aliases: [alias] } })
  assert.equal(set.status, 200, set.text)
  const post = () => server.post(`${server.publicUrl}${alias.path}`, grant, server.basic('cb'))
  assert.equal((await post()).status, 200)
  await call('createWorkspace', {}, { input: { tenant: 'acme', id: 'second' } })
  const taken = await call('updateWorkspace', { workspace: 'second' }, { input: { aliases: [alias] } })
  assertProblem(taken, 409, 'conflict', /oauth-token is taken/)
  await call('updateWorkspace', {}, { input: { aliases: [] } })
  assert.equal((await post()).status, 404)
  assert.equal((await call('updateWorkspace', { workspace: 'second' }, { input: { aliases: [alias] } })).status, 200)
  assert.equal((await post()).status, 401)
})

test('tenants are made once', async () => {
  assert.equal((await call('createTenant', {}, { input: { id: 'new', displayName: 'New' } })).status, 201)
  assertProblem(await call('createTenant', {}, { input: { id: 'new' } }), 409, 'conflict')
  assert.equal((await call('showTenant', { tenant: 'new' })).body.displayName, 'New')
  assertProblem(await call('showTenant', { tenant: 'nobody' }), 404, 'not-found')
  assertProblem(await call('createWorkspace', {}, { input: { tenant: 'nobody', id: 'w' } }), 404, 'not-found')
})

describe('what breaks a rule is refused with the member at fault, and nothing changes', () => {
  const api = { id: 'bad', audience: 'https://bad.test' }
  const client = { id: 'bad' }
  const long = 'x'.repeat(200)
  const cases: readonly [
    string,
    'createApi' | 'createClient' | 'updateWorkspace' | 'createWorkspace' | 'createTenant',
    object,
    string | RegExp,
  ][] = [
    ['an audience with a fragment', 'createApi', { ...api, audience: 'https://bad.test/#x' }, '/audience'],
    ['an audience that is no URI', 'createApi', { ...api, audience: 'bad' }, '/audience'],
    ['an audience with a space', 'createApi', { ...api, audience: 'https://bad.test/a b' }, '/audience'],
    ['the audience of another API', 'createApi', { ...api, audience: 'https://api-a.test' }, '/audience'],
    ['an unknown token format', 'createApi', { ...api, tokenFormat: 'saml' }, '/tokenFormat'],
    ['an unknown algorithm', 'createApi', { ...api, algorithm: 'none' }, '/algorithm'],
    ['a scope defined twice', 'createApi', { ...api, scopes: [{ name: 'a' }, { name: 'a' }] }, '/scopes'],
    ['a star inside a scope', 'createApi', { ...api, scopes: [{ name: 'a*b' }] }, '/scopes'],
    ['a scope with a space', 'createApi', { ...api, scopes: [{ name: 'a b' }] }, '/scopes/0/name'],
    ['a lifetime beyond the workspace’s', 'createApi', { ...api, tokenLifetime: 86_401 }, '/tokenLifetime'],
    ['a lifetime of zero', 'createApi', { ...api, tokenLifetime: 0 }, '/tokenLifetime'],
    ['a lifetime as text', 'createApi', { ...api, tokenLifetime: '60' }, '/tokenLifetime'],
    ['an id in capitals', 'createApi', { ...api, id: 'Bad' }, '/id'],
    ['an id with a slash', 'createApi', { ...api, id: 'a/b' }, '/id'],
    ['an empty id', 'createApi', { ...api, id: '' }, '/id'],
    ['a client id of 129 characters', 'createClient', { id: 'x'.repeat(129) }, '/id'],
    ['a client id that a URL resolves away', 'createClient', { id: '..' }, '/id'],
    ['a client id with a line break', 'createClient', { id: 'a\nb' }, '/id'],
    ['a client id that turns the direction of text', 'createClient', { id: 'a\u202eb' }, '/id'],
    ['a client id with a space at its end', 'createClient', { id: 'a ' }, '/id'],
    ['an unknown capability', 'createClient', { ...client, capabilities: ['admin'] }, '/capabilities/0'],
    ['an unknown method', 'createClient', { ...client, authenticationMethods: ['none'] }, '/authenticationMethods/0'],
    [
      'a permission of no API',
      'createClient',
      { ...client, permissions: [{ api: 'x', scopes: [] }] },
      '/permissions/0/api',
    ],
    [
      'a scope its API lacks',
      'createClient',
      { ...client, permissions: [{ api: 'api-a', scopes: ['nope'] }] },
      '/permissions/0/scopes',
    ],
    [
      'a default that is not permitted',
      'createClient',
      { ...client, permissions: [{ api: 'api-a', scopes: ['api:read'], defaultScopes: ['api:write'] }] },
      '/permissions/0/defaultScopes',
    ],
    [
      'the same API twice',
      'createClient',
      { ...client, permissions: [...readsApiA, ...readsApiA] },
      '/permissions/1/api',
    ],
    ['introspection of no API', 'createClient', { ...client, introspects: ['x'] }, '/introspects/0'],
    [
      'an address that is none',
      'createClient',
      { ...client, allowedAddresses: ['10.0.0.0/33'] },
      '/allowedAddresses/0',
    ],
    [
      'a client’s lifetime beyond the workspace’s',
      'createClient',
      { ...client, tokenLifetime: 90_000 },
      '/tokenLifetime',
    ],
    [
      'a lifetime beyond its own limit',
      'updateWorkspace',
      { tokenLifetime: 900, maxTokenLifetime: 600 },
      '/tokenLifetime',
    ],
    ['a relative alias', 'updateWorkspace', { aliases: [{ path: 'token', endpoint: 'token' }] }, '/aliases/0/path'],
    ['an alias with dots', 'updateWorkspace', { aliases: [{ path: '/a/../b', endpoint: 'token' }] }, '/aliases/0/path'],
    ['an encoded alias', 'updateWorkspace', { aliases: [{ path: '/a%2fb', endpoint: 'token' }] }, '/aliases/0/path'],
    [
      'an alias to nothing',
      'updateWorkspace',
      { aliases: [{ path: '/a', endpoint: 'nothing' }] },
      '/aliases/0/endpoint',
    ],
    [
      'an alias twice',
      'updateWorkspace',
      {
        aliases: [
          { path: '/a', endpoint: 'token' },
          { path: '/a', endpoint: 'revoke' },
        ],
      },
      '/aliases/1/path',
    ],
    [
      'an endpoint’s own path',
      'updateWorkspace',
      { aliases: [{ path: '/x/y/oauth2/token', endpoint: 'token' }] },
      '/aliases/0/path',
    ],
    [
      'a well-known path',
      'updateWorkspace',
      { aliases: [{ path: '/.well-known/x', endpoint: 'token' }] },
      '/aliases/0/path',
    ],
    [
      'a path of the console',
      'updateWorkspace',
      { aliases: [{ path: '/console/x', endpoint: 'token' }] },
      '/aliases/0/path',
    ],
    ['a workspace id with dots only at its start', 'createWorkspace', { tenant: 'acme', id: '.x' }, '/id'],
    ['a long tenant id', 'createTenant', { id: long }, '/id'],
  ]
  for (const [name, operation, input, at] of cases) {
    test(name, async () => {
      const before = await server.store.configuration.readWorkspaceRow('acme/cases')
      const reply = await call(operation, {}, { input })
      assertProblem(reply, 400, 'invalid-input')
      const paths = problemOf(reply).errors?.map(({ path }) => path) ?? []
      assert.ok(paths.includes(String(at)), `${paths.join()} ${reply.text}`)
      assert.deepEqual(await server.store.configuration.readWorkspaceRow('acme/cases'), before)
    })
  }
})

test('a permission may name scopes by a star, and a default may not', async () => {
  const scopes = ['api:*']
  const star = await call(
    'createClient',
    {},
    { input: { id: 'star', permissions: [{ api: 'api-a', scopes, defaultScopes: ['api:read'] }] } },
  )
  assert.equal(star.status, 201, star.text)
  const bad = await call(
    'createClient',
    {},
    { input: { id: 'star2', permissions: [{ api: 'api-a', scopes, defaultScopes: scopes }] } },
  )
  assertProblem(bad, 400, 'invalid-input')
})

test('SEC-215: members that are not the caller’s to set are refused, alone or among others', async () => {
  const before = await call('showClient', { client: 'cb' })
  for (const member of [
    'id',
    'created_at',
    'secret_hash',
    'hash',
    'tenant',
    'workspace',
    'is_admin',
    'scopes_internal',
    'revision',
    'credentials',
    'secret',
    '__proto__',
    'constructor',
    'unknown',
  ]) {
    const headers = { 'content-type': 'application/json' }
    const body = `{"displayName":"changed","${member}":"x"}`
    const response = await fetch(`${server.adminUrl}/admin/v1/workspaces/acme/cases/clients/cb`, {
      method: 'PATCH',
      headers: { ...headers, authorization: `Bearer ${await server.adminToken()}` },
      body,
    })
    assert.equal(response.status, 400, member)
    assert.match(await response.text(), /is not a member there is/)
  }
  assert.deepEqual((await call('showClient', { client: 'cb' })).body, before.body)
  assertProblem(await call('createClient', {}, { input: { id: 'x', credentials: [] } }), 400, 'invalid-input')
  const nested = { id: 'x', audience: 'https://x.test', scopes: [{ name: 'a', admin: true }] }
  assertProblem(await call('createApi', {}, { input: nested }), 400, 'invalid-input')
})

test('a body that is not JSON, not UTF-8, of another media type, or not expected is refused', async () => {
  const authorization = `Bearer ${await server.adminToken()}`
  const send = (method: string, path: string, body: string | Uint8Array<ArrayBuffer>, type?: string) =>
    fetch(`${server.adminUrl}/admin/v1${path}`, {
      method,
      headers: { authorization, ...(type === undefined ? {} : { 'content-type': type }) },
      body,
    })
  const json = 'application/json'
  for (const [status, method, path, body, type] of [
    [400, 'POST', '/tenants', '{', json],
    [400, 'POST', '/tenants', 'null', json],
    [400, 'POST', '/tenants', '[]', json],
    [400, 'POST', '/tenants', Uint8Array.of(0x22, 0xff, 0x22), json],
    [415, 'POST', '/tenants', '{"id":"x"}', 'text/plain'],
    [415, 'POST', '/tenants', 'id=x', 'application/x-www-form-urlencoded'],
    [400, 'DELETE', '/workspaces/acme/cases/clients/cb', '{}', json],
    [404, 'POST', '/nothing', '{}', json],
    [404, 'POST', '', '{}', json],
    [405, 'POST', '/whoami', '{}', json],
    [404, 'POST', '/workspaces/acme/cases/clients/%ZZ', '{}', json],
  ] as const) {
    const response = await send(method, path, body, type)
    assert.equal(response.status, status, `${method} ${path} ${String(body)}`)
    if (status === 405) assert.equal(response.headers.get('allow'), 'GET')
  }
})

test('SEC-220: search is literal, limits have bounds, and a cursor is only what we wrote', async () => {
  await call('createClient', {}, { input: { id: 'percent%under_score' } })
  const search = async (text: string) =>
    (await call('listClients', {}, { query: { search: text } })).body.items.map(({ id }) => id)
  assert.deepEqual(await search('%'), ['percent%under_score'])
  assert.deepEqual(await search('_under'), [])
  assert.deepEqual(await search('under_'), ['percent%under_score'])
  assert.deepEqual(await search("' OR 1=1 --"), [])
  assert.deepEqual(await search('\\'), [])
  for (const query of [
    { limit: -1 },
    { limit: 0 },
    { limit: 501 },
    { limit: 1e9 },
    { limit: '1; drop table entity' },
    { limit: '1.5' },
    { sort: 'name;drop table' },
    { after: 'x' },
    { after: '' },
    { after: Buffer.alloc(40).toString('base64url') },
  ]) {
    const reply = await call('listClients', {}, { query: query as unknown as Record<string, string> })
    assert.equal(reply.status, 400, JSON.stringify(query))
  }
  const first = await call('listClients', {}, { query: { limit: 2 } })
  assert.equal(first.body.items.length, 2)
  const next = first.body.next ?? ''
  const ids = first.body.items.map(({ id }) => id)
  let after: string | undefined = next
  while (after !== undefined) {
    const page: Awaited<ReturnType<typeof call<'listClients'>>> = await call(
      'listClients',
      {},
      { query: { limit: 2, after } },
    )
    ids.push(...page.body.items.map(({ id }) => id))
    after = page.body.next
  }
  const all = (await call('listClients')).body.items.map(({ id }) => id)
  assert.deepEqual(ids, all)
  assert.deepEqual(ids, [...ids].sort())
  const altered = `${next.startsWith('A') ? 'B' : 'A'}${next.slice(1)}`
  assertProblem(await call('listClients', {}, { query: { after: altered } }), 400, 'invalid-cursor')
  assertProblem(await call('listClients', {}, { query: { after: `${next}=` } }), 400, 'invalid-cursor')
  assertProblem(await call('listApis', {}, { query: { after: next } }), 400, 'invalid-cursor')
  assertProblem(await call('listClients', {}, { query: { after: next, search: 'c' } }), 400, 'invalid-cursor')
  const repeated = await fetch(`${server.adminUrl}/admin/v1/tenants?limit=1&limit=2`, {
    headers: { authorization: `Bearer ${await server.adminToken()}` },
  })
  assert.equal(repeated.status, 400)
})

test('what may be chosen is what the server has', async () => {
  const { body } = await call('showChoices')
  assert.deepEqual(body.grants, ['client_credentials', 'urn:ietf:params:oauth:grant-type:jwt-bearer'])
  assert.deepEqual(body.algorithms.slice(0, 3), ['ES256', 'RS256', 'PS256'])
  assert.deepEqual(body.tokenFormats, ['jwt', 'opaque'])
  for (const name of ['token', 'introspect', 'revoke']) assert.ok(body.aliasEndpoints.includes(name), name)
  for (const algorithm of body.algorithms) {
    const input = { id: `with-${algorithm.toLowerCase()}`, audience: `urn:test:${algorithm}`, algorithm }
    assert.equal((await call('createApi', {}, { input })).status, 201)
  }
  for (const { name } of body.capabilities) {
    const made = await call('createClient', {}, { input: { capabilities: [name] } })
    assert.equal(made.status, 201, made.text)
  }
})

test('a default scope is one scope: with a space in it a token would say several, and some that no API has', async () => {
  await call('createApi', {}, { input: { id: 'starred', audience: 'https://s.test', scopes: [{ name: 'orders:*' }] } })
  for (const scope of ['orders:read admin', 'orders:\tread', 'orders:"read', '']) {
    for (const permission of [
      { api: 'starred', scopes: ['orders:*'], defaultScopes: [scope] },
      { api: 'starred', scopes: [scope], defaultScopes: [] },
    ]) {
      const refused = await call('createClient', {}, { input: { id: 'spaced', permissions: [permission] } })
      assertProblem(refused, 400, 'invalid-input')
    }
  }
})
