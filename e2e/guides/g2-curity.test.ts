import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { protect } from '@mintmark/resource-server'
import { requireToken } from '@mintmark/resource-server/node-http'
import { curl, jsonOf } from './curl.ts'
import { startForGuide } from './guide-server.ts'

/**
 * Curity, "Using the Client Credentials Flow": over self-signed HTTPS, the client `server` with the secret `Password1`, an
 * opaque token of 299 seconds.
 */
const server = await startForGuide({ after }, 'dev')
const place = { tenant: 'acme', workspace: 'curity' }
const tokenEndpoint = `${server.publicUrl}/oauth/v2/oauth-token`
await server.admin.createTenant({ id: 'acme' })
await server.admin.createWorkspace({
  tenant: 'acme',
  id: 'curity',
  aliases: [
    { path: '/oauth/v2/oauth-token', endpoint: 'token' },
    { path: '/oauth/v2/oauth-introspect', endpoint: 'introspect' },
  ],
})
await server.admin.createApi(place, {
  id: 'backend',
  audience: 'https://backend.example',
  tokenFormat: 'opaque',
  scopes: [{ name: 'read' }],
})

const tokenRequest = (more = '', secret = 'Password1') =>
  curl([
    '-k',
    '-X',
    'POST',
    tokenEndpoint,
    '-H',
    'Content-Type: application/x-www-form-urlencoded',
    '-d',
    `grant_type=client_credentials&client_id=server&client_secret=${secret}${more}`,
  ])

test('G2: an administrator stages a client with capability, secret and scope, looks at it, and commits', async () => {
  const draft = await server.admin.createDraft(place, {
    note: 'the client of the guide',
    changes: [
      {
        action: 'create',
        kind: 'client',
        value: {
          id: 'server',
          capabilities: ['client_credentials'],
          permissions: [{ api: 'backend', scopes: ['read'] }],
          tokenLifetime: 299,
          secret: { type: 'chosen', value: 'Password1' },
        },
      },
    ],
  })
  assert.deepEqual(draft.conflicts, [])
  assert.ok(!JSON.stringify(draft).includes('Password1'))
  assert.equal((await tokenRequest()).status, 401, 'nothing is in force before the commit')
  await server.admin.commitDraft({ ...place, change: draft.id })
  const secrets = await server.admin.listSecrets({ ...place, client: 'server' })
  assert.equal(secrets.items.length, 1)
  assert.ok(!JSON.stringify(secrets).includes('Password1'))
})

test('G2: the request of the guide gets an opaque token of 299 seconds', async () => {
  const answer = await tokenRequest()
  assert.equal(answer.status, 200, answer.body)
  const { access_token, ...rest } = jsonOf(answer)
  assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 299 })
  assert.match(String(access_token), /^mmk_at_\w+$/)
})

test('G2: with &scope=read the answer names it', async () => {
  const { scope, expires_in } = jsonOf(await tokenRequest('&scope=read'))
  assert.deepEqual([scope, expires_in], ['read', 299])
})

test('G2: another secret is refused', async () => {
  for (const wrong of ['Password2', 'password1', '']) {
    const answer = await tokenRequest('', wrong)
    assert.equal(answer.status, 401)
    assert.equal(jsonOf(answer).error, 'invalid_client')
  }
})

test('G2: without -k the self-signed certificate is refused by whoever does not know it', async () => {
  const { status } = await tokenRequest()
  assert.equal(status, 200)
  await assert.rejects(
    curl([tokenEndpoint, '-d', 'grant_type=client_credentials&client_id=server&client_secret=Password1']).then(
      (answer) => {
        // Node trusts it in this process; only the real curl does not.
        if (answer.status === 200) throw new Error('trusted here')
      },
    ),
  )
})

test('G2: something in front of the API checks the token; with an expired one it answers 401, and a fresh one works', async (context) => {
  const gateway = await server.admin.createClient(place, {
    id: 'gateway',
    capabilities: ['introspection'],
    introspects: ['backend'],
    secret: { type: 'generated' },
  })
  const api = protect({
    issuer: `${server.publicUrl}/acme/curity`,
    audience: 'https://backend.example',
    verification: 'introspection',
    introspection: { clientId: 'gateway', credential: gateway.secret?.secret ?? '', maximumAge: 0 },
  })
  const front = createServer(requireToken(api, [], (_request, response) => void response.end('hello')))
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  context.after(() => front.close())
  const { port } = front.address() as AddressInfo
  const call = (token: string) => curl([`http://127.0.0.1:${port}/`, '-H', `Authorization: Bearer ${token}`])
  const obtain = async () => String(jsonOf(await tokenRequest()).access_token)

  const token = await obtain()
  const welcome = await call(token)
  assert.deepEqual([welcome.status, welcome.body], [200, 'hello'])
  server.advance(299_000)
  const expired = await call(token)
  assert.equal(expired.status, 401)
  assert.match(expired.headers['www-authenticate'] ?? '', /^Bearer .*error="invalid_token"/)
  assert.equal((await call(await obtain())).status, 200)
})

test('G2: the gateway exchanges an opaque token for a JWT (phantom token)', async () => {
  const token = String(jsonOf(await tokenRequest('&scope=read')).access_token)
  const { secret } = await server.admin.rotateSecret({ ...place, client: 'gateway' }, { overlap: 0 })
  const introspect = (text: string) =>
    curl([
      '-k',
      `${server.publicUrl}/oauth/v2/oauth-introspect`,
      '-u',
      `gateway:${secret.secret}`,
      '-H',
      'Accept: application/jwt',
      '-d',
      `token=${text}`,
    ])
  const phantom = await introspect(token)
  assert.equal(phantom.status, 200)
  assert.equal(phantom.headers['content-type'], 'application/jwt')
  const claims = JSON.parse(Buffer.from(phantom.body.split('.')[1] ?? '', 'base64url').toString()) as { sub: string }
  assert.equal(claims.sub, 'server')
  assert.equal((await introspect('garbage')).status, 204)
})
