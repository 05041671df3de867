import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startWeatherApi } from '@mintmark/example-weather-api'
import { curl, jsonOf } from './curl.ts'
import { startForGuide } from './guide-server.ts'

/** A blog, "OAuth 2.0 & OpenID Connect (Part 3)": a website gets a token with Basic and calls a weather API. */
const server = await startForGuide({ after })
const place = { tenant: 'acme', workspace: 'weather' }
await server.admin.createTenant({ id: 'acme' })
await server.admin.createWorkspace({
  tenant: 'acme',
  id: 'weather',
  aliases: [{ path: '/oauth2/token', endpoint: 'token' }],
})
await server.admin.createApi(place, {
  id: 'weather',
  audience: 'https://weather.example',
  scopes: [{ name: 'weather:read' }],
})
const { id, secret } = await server.admin.createClient(place, {
  id: 'website',
  capabilities: ['client_credentials'],
  permissions: [{ api: 'weather', scopes: ['weather:read'], defaultScopes: ['weather:read'] }],
  secret: { type: 'generated' },
})
const credentials = Buffer.from(`${id}:${secret?.secret}`).toString('base64')

const tokenRequest = (body: string) =>
  curl([
    '-X',
    'POST',
    `${server.publicUrl}/oauth2/token`,
    '-H',
    `Authorization: Basic ${credentials}`,
    '-H',
    'Accept: application/json',
    '-H',
    'Content-Type: application/x-www-form-urlencoded',
    '-d',
    body,
  ])

test('G3: the answer has the headers and members that the guide prints', async () => {
  for (const body of ['grant_type=client_credentials', 'grant_type=client_credentials&scope=weather%3Aread']) {
    const answer = await tokenRequest(body)
    assert.equal(answer.status, 200, answer.body)
    assert.equal(answer.headers['content-type'], 'application/json;charset=UTF-8')
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.equal(answer.headers.pragma, 'no-cache')
    const { access_token, ...rest } = jsonOf(answer)
    assert.deepEqual(rest, { token_type: 'Bearer', expires_in: 3600, scope: 'weather:read' })
    const header = JSON.parse(Buffer.from(String(access_token).split('.')[0] ?? '', 'base64url').toString()) as object
    assert.ok('kid' in header)
  }
})

test('G3: GET /weatherforecast without a token is refused, with it the weather comes', async (context) => {
  const issuer = `${server.publicUrl}/acme/weather`
  const api = await startWeatherApi({ issuer, audience: 'https://weather.example', port: 0 })
  context.after(api.close)
  const url = `${api.url}/weatherforecast`
  const stranger = await curl([url])
  assert.equal(stranger.status, 401)
  assert.match(stranger.headers['www-authenticate'] ?? '', /^Bearer /)
  const token = String(jsonOf(await tokenRequest('grant_type=client_credentials')).access_token)
  const answer = await curl([url, '-H', `Authorization: Bearer ${token}`])
  assert.equal(answer.status, 200)
  assert.ok(Array.isArray(JSON.parse(answer.body)))
  assert.equal((await curl([url, '-H', `Authorization: Bearer ${token}x`])).status, 401)
})
