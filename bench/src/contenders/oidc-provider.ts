/**
 * node-oidc-provider as its documentation sets it up for client credentials: resource indicators choose the format of a token per API,
 * introspection and DPoP are on, and its own in-memory adapter keeps the tokens (the fastest there is; it forgets all but the last thousand or two).
 */
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Configuration, errors, Provider, type ResourceServer } from 'oidc-provider'
import type { ForkedReady, ForkedStart } from './fork-contender.ts'
import { audienceOf, scope } from './target.ts'

const lifetimeSeconds = 3600

process.on('disconnect', () => process.exit(0))
const [{ clients }] = (await once(process, 'message')) as [ForkedStart]
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const resources: ReadonlyMap<string, ResourceServer> = new Map([
  [
    audienceOf('es256'),
    {
      audience: audienceOf('es256'),
      scope,
      accessTokenTTL: lifetimeSeconds,
      accessTokenFormat: 'jwt',
      jwt: { sign: { alg: 'ES256' } },
    },
  ],
  [
    audienceOf('opaque'),
    { audience: audienceOf('opaque'), scope, accessTokenTTL: lifetimeSeconds, accessTokenFormat: 'opaque' },
  ],
])

const configuration: Configuration = {
  clients: clients.map(({ id, secret, jwk }) => ({
    client_id: id,
    ...(jwk === undefined
      ? { client_secret: secret }
      : { token_endpoint_auth_method: 'private_key_jwt' as const, jwks: { keys: [jwk] } }),
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    scope,
    id_token_signed_response_alg: 'ES256',
  })),
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] },
  scopes: [scope],
  ttl: { ClientCredentials: lifetimeSeconds },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    dPoP: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_context, indicator) => {
        const resource = resources.get(indicator)
        if (!resource) throw new errors.InvalidTarget()
        return resource
      },
    },
  },
}

// The issuer names no port: nothing here resolves it, and the port is not known before the provider exists.
const issuer = 'http://127.0.0.1'
const provider = new Provider(issuer, configuration)
const server = createServer(provider.callback())
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.send?.({
    port,
    tokenPath: '/token',
    introspectionPath: '/token/introspection',
    issuer,
    tokenUrl: `http://127.0.0.1:${port}/token`,
  } satisfies ForkedReady)
})
