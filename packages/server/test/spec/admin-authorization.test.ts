import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { writeBasic } from '@mintmark/protocol'
import { type Operation, operations } from '@mintmark/protocol/admin'
import { pathOf, startAdminServer } from '../admin-fixture.ts'
import { auditOf } from '../configure.ts'

const server = await startAdminServer({ after })
const all: readonly Operation[] = Object.values(operations)

type OpenApi = { readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>> }

const send = (operation: Operation, authorization?: string, parameters: Readonly<Record<string, string>> = {}) =>
  fetch(`${server.adminUrl}${pathOf(operation, parameters)}`, {
    method: operation.method,
    headers: {
      ...(authorization === undefined ? {} : { authorization }),
      ...(operation.input === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(operation.input === undefined ? {} : { body: JSON.stringify(operation.example ?? {}) }),
  })

const stateOf = async () => ({
  workspaces: await server.store.configuration.listWorkspaces(),
  tenants: await server.store.configuration.listTenants(),
  keys: (await server.store.keys.listAllKeys()).length,
})

test('SEC-204: the OpenAPI document lists every operation there is, and each is answered', async () => {
  const response = await fetch(`${server.adminUrl}/openapi.json`)
  assert.equal(response.status, 200)
  const { paths } = (await response.json()) as OpenApi
  const described = Object.values(paths).flatMap((methods) => Object.values(methods).map((one) => one.operationId))
  assert.deepEqual(described.sort(), all.map(({ name }) => name).sort())
})

test('SEC-204: no route answers without a token, with a dead one, or with one of another workspace', async () => {
  const expired = await server.adminToken()
  const revoked = await server.adminToken()
  assert.equal(
    (await server.call('revokeTokens', { tenant: 'system', workspace: 'admin' }, { input: { token: revoked } })).status,
    200,
  )
  server.clock.advance(301_000)
  const foreign = await server.token('cb')
  const before = await stateOf()
  for (const operation of all) {
    for (const [authorization, error] of [
      [undefined, undefined],
      ['Bearer garbage', 'invalid_token'],
      [`Bearer ${expired}`, 'invalid_token'],
      [`Bearer ${revoked}`, 'invalid_token'],
      [`Bearer ${foreign}`, 'invalid_token'],
    ] as const) {
      const response = await send(operation, authorization)
      const problem = (await response.json()) as { readonly type: string; readonly reference: string }
      assert.equal(response.status, 401, operation.name)
      assert.equal(response.headers.get('content-type'), 'application/problem+json')
      assert.equal(problem.type, 'urn:mintmark:problem:unauthenticated')
      assert.equal(problem.reference, response.headers.get('mintmark-reference'))
      const challenge = response.headers.get('www-authenticate') ?? ''
      assert.match(challenge, /^Bearer realm="mintmark/)
      // RFC 6750 §3.1: no error code where there were no credentials.
      assert.equal(/error="([a-z_]+)"/.exec(challenge)?.[1], error)
    }
  }
  assert.deepEqual(await stateOf(), before)
})

test('SEC-204: what a role does not allow is refused on every route, and changes nothing', async () => {
  const read = await server.administrator(['read'])
  const write = await server.administrator(['write'])
  const before = await stateOf()
  for (const operation of all) {
    if (operation.scope !== 'read') {
      const response = await send(operation, `Bearer ${read}`)
      assert.equal(response.status, 403, operation.name)
      assert.match(
        response.headers.get('www-authenticate') ?? '',
        new RegExp(`error="insufficient_scope", scope="${operation.scope}`),
      )
    } else assert.equal((await send(operation, `Bearer ${write}`)).status, 403, operation.name)
  }
  assert.deepEqual(await stateOf(), before)
})

test('SEC-204: a role for one tenant reaches that tenant and no other, and never the system', async () => {
  await server.call('createTenant', {}, { input: { id: 'other' } })
  const token = await server.administrator(['read:acme', 'write:acme', 'secrets:acme'])
  const other = await server.administrator(['read:other', 'write:other', 'secrets:other'])
  assert.equal((await server.call('listClients', {}, { token })).status, 200)
  for (const operation of all.filter(({ path }) => path.includes('{tenant}'))) {
    assert.equal((await send(operation, `Bearer ${other}`)).status, 403, operation.name)
    const system = await send(operation, `Bearer ${token}`, { tenant: 'system', workspace: 'admin' })
    assert.equal(system.status, 403, operation.name)
  }
  assert.equal((await server.call('createTenant', {}, { token, input: { id: 'mine' } })).status, 403)
  const elsewhere = await server.call('createWorkspace', {}, { token, input: { tenant: 'other', id: 'w' } })
  assert.equal(elsewhere.status, 403)
  const seen = await server.call('listWorkspaces', {}, { token })
  assert.deepEqual(
    seen.body.items.map(({ tenant }) => tenant),
    ['acme'],
  )
  assert.deepEqual(
    (await server.call('listTenants', {}, { token })).body.items.map(({ id }) => id),
    ['acme'],
  )
  assert.equal((await server.call('listAuditEvents', {}, { token })).status, 403)
  const events = await server.call('listAuditEvents', {}, { token, query: { workspace: 'acme/cases' } })
  assert.equal(events.status, 200)
  assert.equal((await server.call('listAuditEvents', {}, { token, query: { workspace: 'system/admin' } })).status, 403)
  assert.equal((await server.call('followAuditEvents', {}, { token, query: { workspace: 'other/x' } })).status, 403)
})

test('SEC-204: who may write but make no secrets cannot give itself the whole role', async () => {
  const write = await server.administrator(['read', 'write'])
  const { body: me } = await server.call('whoAmI', {}, { token: write })
  const system = { tenant: 'system', workspace: 'admin' }
  const permissions = [{ api: 'admin', scopes: ['read', 'write', 'secrets'], defaultScopes: ['secrets'] }]
  const raised = await server.call(
    'updateClient',
    { ...system, client: me.client },
    { token: write, input: { permissions } },
  )
  assert.equal(raised.status, 403)
  const secrets = await server.administrator(['read', 'secrets'])
  const stolen = await server.call(
    'createSecret',
    { ...system, client: 'cli' },
    { token: secrets, input: { type: 'generated' } },
  )
  assert.equal(stolen.status, 403)
  const made = await server.call('createClient', {}, { token: write, input: { secret: { type: 'generated' } } })
  assert.equal(made.status, 403)
})

test('a role that is taken away is gone at once, though the token still says it', async () => {
  const token = await server.administrator(['read', 'write'])
  const { body: me } = await server.call('whoAmI', {}, { token })
  assert.deepEqual(me.scopes, ['read', 'write'])
  const permissions = [{ api: 'admin', scopes: ['read'], defaultScopes: ['read'] }]
  await server.call(
    'updateClient',
    { tenant: 'system', workspace: 'admin', client: me.client },
    { input: { permissions } },
  )
  assert.deepEqual((await server.call('whoAmI', {}, { token })).body.scopes, ['read'])
  assert.equal((await server.call('createTenant', {}, { token, input: { id: 'late' } })).status, 403)
})

test('SEC-205, SEC-141: a scope or a client called like ours in another workspace is nobody here', async () => {
  const { body: found } = await server.call('showApi', { api: 'api-a' })
  const scopes = [...found.scopes, { name: 'read' }, { name: 'write' }, { name: 'admin' }]
  await server.call('updateApi', { api: 'api-a' }, { input: { scopes } })
  await server.call(
    'createClient',
    {},
    {
      input: {
        id: 'cli',
        capabilities: ['client_credentials'],
        permissions: [{ api: 'api-a', scopes: ['read', 'write', 'admin'], defaultScopes: ['read'] }],
        secret: { type: 'chosen', value: 'a secret of its own' },
      },
    },
  )
  const response = await server.post(
    '/oauth2/token',
    { grant_type: 'client_credentials', scope: 'read write admin' },
    server.basic('cli', 'a secret of its own'),
  )
  const { access_token: token } = (await response.json()) as { access_token: string }
  assert.equal((await server.call('listClients', {}, { token })).status, 401)
  const api = { id: 'fake', audience: 'urn:mintmark:admin', scopes: [{ name: 'read' }] }
  assert.equal((await server.call('createApi', {}, { input: api })).status, 201)
  await server.call(
    'updateClient',
    { client: 'cli' },
    {
      input: { permissions: [{ api: 'fake', scopes: ['read'], defaultScopes: ['read'] }] },
    },
  )
  const again = await server.post(
    '/oauth2/token',
    { grant_type: 'client_credentials', resource: 'urn:mintmark:admin' },
    server.basic('cli', 'a secret of its own'),
  )
  const named = (await again.json()) as { access_token: string }
  assert.equal((await server.call('listClients', {}, { token: named.access_token })).status, 401)
})

test('a token of the system workspace for another of its APIs does not administer', async () => {
  const system = { tenant: 'system', workspace: 'admin' }
  await server.call('createApi', system, {
    input: { id: 'metrics', audience: 'https://metrics.test', scopes: [{ name: 'read' }] },
  })
  const { body: made } = await server.call('createClient', system, {
    input: {
      capabilities: ['client_credentials'],
      permissions: [{ api: 'metrics', scopes: ['read'], defaultScopes: ['read'] }],
      secret: { type: 'generated' },
    },
  })
  const token = await server.adminToken('read', made.id, made.secret?.secret)
  assert.equal((await server.call('whoAmI', {}, { token })).status, 401)
})

test('a request with two Authorization headers, or another scheme, is refused', async () => {
  const basic = await fetch(`${server.adminUrl}/admin/v1/tenants`, { headers: server.basic('cb') })
  assert.equal(basic.status, 401)
  const query = await fetch(`${server.adminUrl}/admin/v1/tenants?access_token=${await server.adminToken()}`)
  assert.equal(query.status, 401)
})

test('SEC-206: no default credential administers, on either listener', async () => {
  for (const url of [server.adminUrl, server.publicUrl]) {
    for (const [id, secret] of [
      ['admin', 'admin'],
      ['cli', 'cli'],
      ['cli', ''],
      ['cli', 'Password1'],
      ['admin', 'password'],
      ['', ''],
    ] as const) {
      const response = await fetch(`${url}/system/admin/oauth2/token`, {
        method: 'POST',
        headers: { authorization: writeBasic(id, secret) },
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
      })
      assert.ok([400, 401, 404].includes(response.status), `${id}:${secret}`)
    }
  }
})

test('the admin API answers on the management listener only', async () => {
  const response = await fetch(`${server.publicUrl}/admin/v1/tenants`)
  assert.equal(response.status, 404)
  assert.equal((await fetch(`${server.publicUrl}/openapi.json`)).status, 404)
})

test('SEC-221: a sign-in is recorded once for each token, and each refusal with what it was about', async () => {
  const signIns = () => auditOf(server.store, { types: ['administrator.signed-in'] })
  const before = (await signIns()).length
  const token = await server.adminToken()
  await server.call('whoAmI', {}, { token })
  await server.call('listTenants', {}, { token })
  const events = await signIns()
  assert.equal(events.length, before + 1)
  const read = await server.administrator(['read'])
  const refused = await server.call('deleteClient', { client: 'cb' }, { token: read })
  const { reference } = refused.body as unknown as { readonly reference: string }
  const { body } = await server.call('explainReference', { reference })
  assert.equal(body.event.type, 'administration.refused')
  assert.equal(body.event.action, 'deleteClient')
  assert.match(String(body.event.actor), /^system\/admin\//)
  assert.equal(body.expected, 'write or write:acme')
  assert.equal(body.received, 'read')
})

test('nobody can lock everybody out of the system workspace', async () => {
  const system = { tenant: 'system', workspace: 'admin' }
  for (const reply of [
    await server.call('updateWorkspace', system, { input: { enabled: false } }),
    await server.call('deleteWorkspace', system),
    await server.call('updateApi', { ...system, api: 'admin' }, { input: { audience: 'urn:other' } }),
    await server.call('updateApi', { ...system, api: 'admin' }, { input: { enabled: false } }),
    await server.call('updateApi', { ...system, api: 'admin' }, { input: { scopes: [] } }),
    await server.call('deleteApi', { ...system, api: 'admin' }),
    await server.call('updateClient', { ...system, client: 'cli' }, { input: { enabled: false } }),
    await server.call('updateClient', { ...system, client: 'cli' }, { input: { permissions: [] } }),
    await server.call('deleteClient', { ...system, client: 'cli' }),
    await server.call('updateWorkspace', system, { input: { aliases: [{ path: '/token', endpoint: 'token' }] } }),
  ]) {
    assert.ok(reply.status === 400 || reply.status === 409, reply.text)
  }
  const { body } = await server.call('listSecrets', { ...system, client: 'cli' })
  const [only] = body.items
  const last = await server.call('deleteSecret', { ...system, client: 'cli', secret: only?.id ?? '' })
  assert.equal(last.status, 400, last.text)
  assert.equal((await server.call('createTenant', {}, { input: { id: 'system' } })).status, 409)
  assert.equal((await server.call('createWorkspace', {}, { input: { tenant: 'system', id: 'two' } })).status, 409)
  assert.equal((await server.call('whoAmI')).status, 200)
})
