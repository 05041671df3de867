import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { protect } from '@mintmark/resource-server'
import { curl, jsonOf } from './curl.ts'
import { startForGuide } from './guide-server.ts'

/** Cloudentity, "Client Credentials Flow": a tenant's workspace, credentials in the body. */
const server = await startForGuide({ after })
const place = { tenant: 'acme', workspace: 'demo' }
await server.admin.createTenant({ id: 'acme' })
await server.admin.createWorkspace({ tenant: 'acme', id: 'demo', displayName: 'Demo' })
await server.admin.createApi(place, {
  id: 'accounts',
  audience: 'https://accounts.example',
  scopes: [{ name: 'accounts:read' }, { name: 'transfer.*' }],
})
const registered = await server.admin.createClient(place, {
  displayName: 'Demo service',
  capabilities: ['client_credentials'],
  authenticationMethods: ['client_secret_post'],
  permissions: [{ api: 'accounts', scopes: ['accounts:read', 'transfer.*'], defaultScopes: ['accounts:read'] }],
  secret: { type: 'generated' },
})
const clientId = registered.id
const clientSecret = registered.secret?.secret ?? ''
const issuer = `${server.publicUrl}/acme/demo`

const tokenRequest = (more = '') =>
  curl([
    '-X',
    'POST',
    `${issuer}/oauth2/token`,
    '-H',
    'Content-Type: application/x-www-form-urlencoded',
    '-d',
    `grant_type=client_credentials&client_id=${clientId}&client_secret=${clientSecret}${more}`,
  ])

const get = (authorization: readonly string[]) => ({
  method: 'GET',
  url: '/',
  header: (name: string) => (name === 'authorization' ? authorization : []),
})

test('G0: the token endpoint of a tenant and workspace gives a token, and an API is called with it', async () => {
  const answer = await tokenRequest()
  assert.equal(answer.status, 200, answer.body)
  const { access_token, token_type, expires_in, scope, ...rest } = jsonOf(answer)
  assert.deepEqual([token_type, expires_in, scope, rest], ['Bearer', 3600, 'accounts:read', {}])
  const api = protect({ issuer, audience: 'https://accounts.example' })
  const authorization = [`Bearer ${String(access_token)}`]
  assert.equal((await api.authorize(get(authorization), ['accounts:read'])).allowed, true)
  assert.equal((await api.authorize(get(authorization), ['transfer.now'])).allowed, false)
  assert.equal((await api.authorize(get([]), [])).allowed, false)
})

test('G0: one defined pattern of scopes has many concrete values', async () => {
  const answer = await tokenRequest('&scope=transfer.4711')
  assert.equal(jsonOf(answer).scope, 'transfer.4711')
  assert.equal(jsonOf(await tokenRequest('&scope=payments.4711')).error, 'invalid_scope')
})

test('G0: the authentication method is the registered one', async () => {
  const answer = await curl([
    '-u',
    `${clientId}:${clientSecret}`,
    '-d',
    'grant_type=client_credentials',
    `${issuer}/oauth2/token`,
  ])
  assert.equal(answer.status, 401)
  assert.equal(jsonOf(answer).error, 'invalid_client')
})

test('G0: the grant must be switched on for the client', async () => {
  await server.admin.updateClient({ ...place, client: clientId }, { capabilities: [] })
  const answer = await tokenRequest()
  assert.equal(answer.status, 400)
  assert.equal(jsonOf(answer).error, 'unauthorized_client')
  await server.admin.updateClient({ ...place, client: clientId }, { capabilities: ['client_credentials'] })
  assert.equal((await tokenRequest()).status, 200)
})
