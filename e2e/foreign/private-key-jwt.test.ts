import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ConfidentialClientApplication, ProtocolMode } from '@azure/msal-node'
import { fetchToken } from '@modelcontextprotocol/sdk/client/auth.js'
import { PrivateKeyJwtProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js'
import { exportJWK, exportPKCS8, generateKeyPair, SignJWT } from 'jose'
import * as oauth4webapi from 'oauth4webapi'
import * as openidClient from 'openid-client'
import { type StrangerServer, startForStrangers, type Transport, transports } from './stranger-server.ts'
import { formats, scopeOf, startTryingTokens } from './working-token.ts'

const kid = 'stranger-1'
const clientId = 'signing-stranger'
const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
const { privateKey: wrongKey } = await generateKeyPair('ES256', { extractable: true })

type Signing = {
  readonly server: StrangerServer
  readonly scope: string
  readonly key: CryptoKey
}

/** Somebody else's OAuth client that proves itself by a signature (RFC 7523), as its documentation says to use it. */
type SigningStranger = {
  readonly name: string
  readonly tlsOnly?: boolean
  readonly token: (request: Signing) => Promise<string>
}

const strangers: readonly SigningStranger[] = [
  {
    name: 'openid-client',
    token: async ({ server: { issuer }, scope, key }) => {
      const authentication = openidClient.PrivateKeyJwt({ key, kid })
      const insecure = issuer.startsWith('http:') ? [openidClient.allowInsecureRequests] : []
      const config = await openidClient.discovery(new URL(issuer), clientId, undefined, authentication, {
        execute: insecure,
      })
      return (await openidClient.clientCredentialsGrant(config, { scope })).access_token
    },
  },
  {
    name: 'oauth4webapi',
    token: async ({ server: { issuer, tokenEndpoint }, scope, key }) => {
      const server = { issuer, token_endpoint: tokenEndpoint }
      const client = { client_id: clientId }
      const answer = await oauth4webapi.clientCredentialsGrantRequest(
        server,
        client,
        oauth4webapi.PrivateKeyJwt({ key, kid }),
        { scope },
        { [oauth4webapi.allowInsecureRequests]: issuer.startsWith('http:') },
      )
      return (await oauth4webapi.processClientCredentialsResponse(server, client, answer)).access_token
    },
  },
  {
    name: '@modelcontextprotocol/sdk',
    token: async ({ server: { issuer, tokenEndpoint }, scope, key }) => {
      const provider = new PrivateKeyJwtProvider({
        clientId,
        privateKey: await exportPKCS8(key),
        algorithm: 'ES256',
        scope,
        expectedIssuer: issuer,
      })
      const metadata = {
        issuer,
        token_endpoint: tokenEndpoint,
        authorization_endpoint: `${issuer}/oauth2/authorize`,
        response_types_supported: [],
        token_endpoint_auth_methods_supported: ['private_key_jwt'],
      }
      return (await fetchToken(provider, issuer, { metadata })).access_token
    },
  },
  {
    // Its own assertions are for certificates of Microsoft's platform; to others it sends one that its user makes.
    name: '@azure/msal-node',
    tlsOnly: true,
    token: async ({ server: { issuer }, scope, key }) => {
      const clientAssertion = () =>
        new SignJWT({})
          .setProtectedHeader({ alg: 'ES256', kid })
          .setIssuer(clientId)
          .setSubject(clientId)
          .setAudience(issuer)
          .setJti(crypto.randomUUID())
          .setIssuedAt()
          .setExpirationTime('1m')
          .sign(key)
      const msal = new ConfidentialClientApplication({
        auth: { clientId, clientAssertion, authority: issuer, knownAuthorities: [new URL(issuer).host] },
        system: { protocolMode: ProtocolMode.OIDC },
      })
      return (await msal.acquireTokenByClientCredential({ scopes: [scope] }))?.accessToken ?? ''
    },
  },
]

const startPlace = async (transport: Transport) => {
  const server = await startForStrangers(undefined, { transport })
  const place = { tenant: 'strangers', workspace: 'e2e' }
  const { permissions } = await server.admin.showClient({ ...place, client: 'stranger' })
  await server.admin.createClient(place, {
    id: clientId,
    capabilities: ['client_credentials'],
    authenticationMethods: ['private_key_jwt'],
    permissions,
  })
  const jwk = { ...(await exportJWK(publicKey)), kid }
  await server.admin.createClientKey({ ...place, client: clientId }, { type: 'key', jwk })
  return { server, assertWorks: await startTryingTokens(server) }
}
const places = { http: await startPlace('http'), tls: await startPlace('tls') }

for (const stranger of strangers) {
  for (const transport of transports.filter((one) => one === 'tls' || stranger.tlsOnly !== true)) {
    const { server, assertWorks } = places[transport]
    describe(`${stranger.name}, private_key_jwt, ${transport}`, () => {
      for (const format of formats) {
        test(`gets a token (${format}) that works at the API and at introspection`, async () => {
          await assertWorks(await stranger.token({ server, scope: scopeOf(format), key: privateKey }), format, clientId)
        })
      }

      test('gets none with another key', async () => {
        await assert.rejects(stranger.token({ server, scope: scopeOf('jwt'), key: wrongKey }), Error)
      })
    })
  }
}
