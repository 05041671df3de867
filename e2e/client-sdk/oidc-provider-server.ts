import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import tls from 'node:tls'
import { type AdapterPayload, type Configuration, errors, Provider, type ResourceServer } from 'oidc-provider'
import { generate } from 'selfsigned'

/** What the clients of the provider prove themselves with at the moment. */
export interface Secrets {
  basic: string
  post: string
}

export interface ForeignServer {
  readonly issuer: string
  readonly secrets: Secrets
  /** `POST /token` and the like, in order. */
  readonly requests: string[]
}

export const apis = { jwt: 'https://jwt.example', opaque: 'https://opaque.example' } as const

const api = (format: 'jwt' | 'opaque'): ResourceServer => ({
  audience: apis[format],
  scope: 'read write',
  accessTokenTTL: 600,
  accessTokenFormat: format,
  ...(format === 'jwt' ? { jwt: { sign: { alg: 'ES256' } } } : {}),
})

const scopes = 'read write'

function configuration(secrets: Secrets): Configuration {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const kept = new Map<string, AdapterPayload>()
  const client = (id: string): AdapterPayload | undefined =>
    id === 'basic' || id === 'post'
      ? {
          client_id: id,
          client_secret: secrets[id],
          token_endpoint_auth_method: `client_secret_${id}`,
          grant_types: ['client_credentials'],
          redirect_uris: [],
          response_types: [],
          scope: scopes,
          id_token_signed_response_alg: 'ES256',
        }
      : undefined
  return {
    adapter: (name: string) => ({
      upsert: async (id, payload) => void kept.set(`${name}:${id}`, payload),
      find: async (id) => (name === 'Client' ? client(id) : kept.get(`${name}:${id}`)),
      findByUid: async () => undefined,
      findByUserCode: async () => undefined,
      consume: async () => undefined,
      destroy: async (id) => void kept.delete(`${name}:${id}`),
      revokeByGrantId: async () => undefined,
    }),
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] },
    scopes: scopes.split(' '),
    ttl: { ClientCredentials: 600 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, indicator) => {
          const [found] = [api('jwt'), api('opaque')].filter(({ audience }) => audience === indicator)
          if (found === undefined) throw new errors.InvalidTarget()
          return found
        },
      },
    },
  }
}

/** node-oidc-provider on a free port until the suite ends, with a client for each way to send a secret. */
export async function startOidcProvider(transport: 'http' | 'tls'): Promise<ForeignServer> {
  const secrets: Secrets = { basic: 'secret of b:asic%', post: 'secret of post' }
  const requests: string[] = []
  let answer: RequestListener | undefined
  const listener: RequestListener = (request, response) => {
    requests.push(`${request.method} ${request.url}`)
    answer?.(request, response)
  }
  const issuer = transport === 'http' ? await listen(createServer(listener), 'http') : await listenTrusted(listener)
  const handle = new Provider(issuer, configuration(secrets)).callback()
  answer = (request, response) => void handle(request, response)
  return { issuer, secrets, requests }
}

async function listen(server: Server, scheme: 'http' | 'https'): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `${scheme}://localhost:${(server.address() as AddressInfo).port}`
}

/** Over TLS, with a certificate that all connections of this process trust. */
async function listenTrusted(listener: RequestListener): Promise<string> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  })
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), cert])
  return listen(createTlsServer({ cert, key }, listener), 'https')
}
