import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as oauth from 'oauth4webapi'
import { algorithms, startForStrangers } from './stranger-server.ts'

const server = await startForStrangers()
const issuer = new URL(server.issuer)
const client: oauth.Client = { client_id: 'stranger', introspection_signed_response_alg: 'ES256' }
const secret = server.secrets.stranger ?? ''

const discover = async (algorithm: 'oidc' | 'oauth2'): Promise<oauth.AuthorizationServer> =>
  oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm }))

const as = await discover('oauth2')

const getToken = async (scope: string, authentication = oauth.ClientSecretBasic(secret)) => {
  const response = await oauth.clientCredentialsGrantRequest(as, client, authentication, { scope })
  return oauth.processClientCredentialsResponse(as, client, response)
}

test('oauth4webapi discovers the server by both documents', async () => {
  const openid = await discover('oidc')
  assert.equal(openid.token_endpoint, as.token_endpoint)
  assert.equal(openid.jwks_uri, server.jwksUri)
})

for (const [method, authentication] of [
  ['client_secret_basic', oauth.ClientSecretBasic(secret)],
  ['client_secret_post', oauth.ClientSecretPost(secret)],
] as const) {
  describe(`oauth4webapi, ${method}`, () => {
    test('gets a token, introspects it, as JSON and signed, and revokes it', async () => {
      for (const scope of ['use:ES256', 'use:opaque']) {
        const token = await getToken(scope, authentication)
        assert.equal(token.expires_in, 3600)
        for (const requestJwtResponse of [false, true]) {
          const introspect = async () => {
            const response = await oauth.introspectionRequest(as, client, authentication, token.access_token, {
              requestJwtResponse,
            })
            const answer = await oauth.processIntrospectionResponse(as, client, response)
            if (requestJwtResponse) await oauth.validateApplicationLevelSignature(as, response)
            return answer
          }
          const answer = await introspect()
          assert.equal(answer.active, true)
          assert.equal(answer.scope, scope)
        }
        await oauth.processRevocationResponse(
          await oauth.revocationRequest(as, client, authentication, token.access_token),
        )
        const dead = await oauth.introspectionRequest(as, client, authentication, token.access_token)
        assert.deepEqual(await oauth.processIntrospectionResponse(as, client, dead), { active: false })
      }
    })

    test('is told what is wrong', async () => {
      await assert.rejects(getToken('nosuch', authentication), { error: 'invalid_scope' })
    })
  })
}

describe('SEC-264: oauth4webapi as a resource server', () => {
  for (const algorithm of algorithms) {
    test(`it takes our RFC 9068 token signed with ${algorithm}, for its own audience only`, async () => {
      const { access_token } = await getToken(`use:${algorithm}`)
      const request = () =>
        new Request('https://api.example/', { headers: { authorization: `Bearer ${access_token}` } })
      const claims = await oauth.validateJwtAccessToken(as, request(), `https://${algorithm.toLowerCase()}.example`)
      assert.equal(claims.client_id, 'stranger')
      assert.equal(claims.scope, `use:${algorithm}`)
      await assert.rejects(oauth.validateJwtAccessToken(as, request(), 'https://other.example'))
    })
  }
})

describe('oauth4webapi, DPoP (RFC 9449)', () => {
  for (const algorithm of ['ES256', 'Ed25519', 'PS256'] as const) {
    test(`it gets a token bound to a key of ${algorithm}, which it takes as a resource server with its proof only`, async () => {
      const handle = oauth.DPoP(client, await oauth.generateKeyPair(algorithm))
      const response = await oauth.clientCredentialsGrantRequest(
        as,
        client,
        oauth.ClientSecretBasic(secret),
        { scope: 'use:ES256' },
        { DPoP: handle },
      )
      const { access_token: token, token_type: type } = await oauth.processClientCredentialsResponse(
        as,
        client,
        response,
      )
      assert.equal(type, 'dpop')
      let sent: Headers | undefined
      await oauth.protectedResourceRequest(token, 'GET', new URL('https://api.example/'), undefined, undefined, {
        DPoP: handle,
        [oauth.customFetch]: async (_url, { headers }) => {
          sent = new Headers(headers)
          return new Response()
        },
      })
      const request = (headers: Headers | undefined) => new Request('https://api.example/', headers && { headers })
      const options = { requireDPoP: true }
      const claims = await oauth.validateJwtAccessToken(as, request(sent), 'https://es256.example', options)
      assert.ok(claims.cnf?.jkt)
      sent?.delete('dpop')
      await assert.rejects(oauth.validateJwtAccessToken(as, request(sent), 'https://es256.example'))
    })
  }

  test('it follows the nonces of the server', async (context) => {
    const place = { tenant: 'strangers', workspace: 'e2e' }
    await server.admin.updateWorkspace(place, { dpopNonce: true })
    context.after(() => server.admin.updateWorkspace(place, { dpopNonce: false }))
    const handle = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))
    const ask = async () => {
      const authentication = oauth.ClientSecretBasic(secret)
      const response = await oauth.clientCredentialsGrantRequest(
        as,
        client,
        authentication,
        { scope: 'use:opaque' },
        { DPoP: handle },
      )
      return oauth.processClientCredentialsResponse(as, client, response)
    }
    const refusal = await ask().catch((error: unknown) => error)
    assert.ok(oauth.isDPoPNonceError(refusal))
    assert.equal((await ask()).token_type, 'dpop')
  })
})
