import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { curl, jsonOf } from './curl.ts'
import { startForGuide } from './guide-server.ts'

/** cidaas, "Take an auth-shot: Client Credentials Grant": no user means client credentials, and confidential clients only. */
const server = await startForGuide({ after })
const place = { tenant: 'acme', workspace: 'shot' }
await server.admin.createTenant({ id: 'acme' })
await server.admin.createWorkspace({
  tenant: 'acme',
  id: 'shot',
  aliases: [{ path: '/token-srv/token', endpoint: 'token' }],
})
await server.admin.createApi(place, { id: 'api', audience: 'https://api.example', scopes: [{ name: 'read' }] })
const client = {
  capabilities: ['client_credentials'],
  permissions: [{ api: 'api', scopes: ['read'], defaultScopes: ['read'] }],
}
const confidential = await server.admin.createClient(place, { id: 'job', ...client, secret: { type: 'generated' } })
await server.admin.createClient(place, { id: 'public', ...client })

const tokenRequest = (body: string) => curl([`${server.publicUrl}/token-srv/token`, '-d', body])

test('G4: identifier and secret of a confidential client are enough, and nobody signs in', async () => {
  const answer = await tokenRequest(
    `grant_type=client_credentials&client_id=job&client_secret=${confidential.secret?.secret}`,
  )
  assert.equal(answer.status, 200, answer.body)
  assert.ok(!('refresh_token' in jsonOf(answer)) && !('id_token' in jsonOf(answer)))
  const claims = JSON.parse(
    Buffer.from(String(jsonOf(answer).access_token).split('.')[1] ?? '', 'base64url').toString(),
  ) as Record<string, unknown>
  assert.deepEqual([claims.sub, claims.client_id], ['job', 'job'])
})

test('G4: a client without a secret gets no token, whatever it sends for one', async () => {
  for (const more of ['', '&client_secret=', '&client_secret=x', '&client_secret=null']) {
    const answer = await tokenRequest(`grant_type=client_credentials&client_id=public${more}`)
    assert.equal(answer.status, 401, more)
    assert.equal(jsonOf(answer).error, 'invalid_client')
  }
})

test('G4: grants with a user are none of ours', async () => {
  const proof = `client_id=job&client_secret=${confidential.secret?.secret}`
  for (const grant of [
    'authorization_code&code=x',
    'password&username=u&password=p',
    'refresh_token&refresh_token=x',
  ]) {
    const answer = await tokenRequest(`grant_type=${grant}&${proof}`)
    assert.equal(answer.status, 400)
    assert.equal(jsonOf(answer).error, 'unsupported_grant_type')
  }
})
