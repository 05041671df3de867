import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { curl, jsonOf } from './curl.ts'
import { startForGuide } from './guide-server.ts'

/** cidaas, "Client Credentials Flow": /token-srv/token, /token-srv/introspect, an RS256 JWT of an hour. */
const server = await startForGuide({ after })
const place = { tenant: 'acme', workspace: 'cidaas' }
await server.admin.createTenant({ id: 'acme' })
await server.admin.createWorkspace({
  tenant: 'acme',
  id: 'cidaas',
  tokenLifetime: 3600,
  aliases: [
    { path: '/token-srv/token', endpoint: 'token' },
    { path: '/token-srv/introspect', endpoint: 'introspect' },
  ],
})
await server.admin.createApi(place, {
  id: 'api',
  audience: 'https://api.example',
  algorithm: 'RS256',
  scopes: [{ name: 'api:read' }, { name: 'api:write' }],
})
const permissions = [{ api: 'api', scopes: ['api:read', 'api:write'] }]
const { id: clientId, secret } = await server.admin.createClient(place, {
  capabilities: ['client_credentials'],
  permissions,
  secret: { type: 'generated' },
})
const clientSecret = secret?.secret ?? ''

const tokenRequest = () =>
  curl([
    '-X',
    'POST',
    `${server.publicUrl}/token-srv/token`,
    '-H',
    'Content-Type: application/x-www-form-urlencoded',
    '-d',
    `client_id=${clientId}`,
    '-d',
    `client_secret=${clientSecret}`,
    '-d',
    'grant_type=client_credentials',
    '-d',
    'scope=api:read api:write',
  ])
const introspect = (bearer: string, token: string) =>
  curl([
    '-X',
    'POST',
    `${server.publicUrl}/token-srv/introspect`,
    '-H',
    `Authorization: Bearer ${bearer}`,
    '-H',
    'Content-Type: application/x-www-form-urlencoded',
    '-d',
    `token=${token}`,
  ])
const obtain = async (): Promise<string> => String(jsonOf(await tokenRequest()).access_token)

test('G1: step 1, the token: an RS256 JWT of 3600 seconds with both scopes, and no refresh token', async () => {
  const answer = await tokenRequest()
  assert.equal(answer.status, 200, answer.body)
  const { access_token, ...rest } = jsonOf(answer)
  assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 3600, scope: 'api:read api:write' })
  const header = JSON.parse(Buffer.from(String(access_token).split('.')[0] ?? '', 'base64url').toString()) as object
  assert.equal((header as { alg: string }).alg, 'RS256')
})

test('G1: scope is optional, and may be url-encoded', async () => {
  const encoded = await curl([
    `${server.publicUrl}/token-srv/token`,
    '--data-urlencode',
    `client_id=${clientId}`,
    '--data-urlencode',
    `client_secret=${clientSecret}`,
    '--data-urlencode',
    'grant_type=client_credentials',
    '--data-urlencode',
    'scope=api:read api:write',
  ])
  assert.equal(jsonOf(encoded).scope, 'api:read api:write')
  const without = await curl([
    `${server.publicUrl}/token-srv/token`,
    '-d',
    `client_id=${clientId}&client_secret=${clientSecret}&grant_type=client_credentials`,
  ])
  assert.equal(without.status, 200)
  assert.equal(jsonOf(without).scope, undefined)
})

test('G1: step 2, the API checks it by introspection, with the token itself as bearer', async () => {
  const token = await obtain()
  const answer = await introspect(token, token)
  assert.equal(answer.status, 200)
  const { active, scope, client_id, aud, token_type } = jsonOf(answer)
  assert.deepEqual(
    [active, scope, client_id, aud, token_type],
    [true, 'api:read api:write', clientId, 'https://api.example', 'Bearer'],
  )
})

test('G1: step 2, or offline by signature and expiry', async () => {
  const issuer = `${server.publicUrl}/acme/cidaas`
  const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`), { cooldownDuration: 0 })
  const { payload } = await jwtVerify(await obtain(), keys, { issuer, audience: 'https://api.example', typ: 'at+jwt' })
  assert.equal(payload.client_id, clientId)
})

test('G1: step 3, when it has expired it is refused and another is asked for', async () => {
  const token = await obtain()
  server.advance(3600_000)
  const fresh = await obtain()
  assert.deepEqual(jsonOf(await introspect(fresh, token)), { active: false })
  const refused = await introspect(token, token)
  assert.equal(refused.status, 401)
  assert.match(refused.headers['www-authenticate'] ?? '', /^Bearer .*error="invalid_token"/)
})

test('G1: a token of somebody else is shown to nobody', async () => {
  const other = await server.admin.createClient(place, {
    capabilities: ['client_credentials'],
    permissions,
    secret: { type: 'generated' },
  })
  const answer = await curl([
    `${server.publicUrl}/token-srv/token`,
    '-d',
    `client_id=${other.id}&client_secret=${other.secret?.secret}&grant_type=client_credentials`,
  ])
  const refused = await introspect(String(jsonOf(answer).access_token), await obtain())
  assert.equal(refused.status, 401)
  assert.ok(!('active' in jsonOf(refused)))
})

test('G1: a client is registered with the addresses it may call from', async () => {
  await server.admin.updateClient({ ...place, client: clientId }, { allowedAddresses: ['192.0.2.0/24'] })
  assert.equal((await tokenRequest()).status, 401)
  await server.admin.updateClient({ ...place, client: clientId }, { allowedAddresses: ['127.0.0.0/8', '::1'] })
  assert.equal((await tokenRequest()).status, 200)
})
