import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from 'jose'
import { type CannedAnswer, cannedServer, type SeenRequest } from '../../client/test/local-server.ts'

export const audience = 'https://api-a.test'
/** The wall clock of every test, in seconds since 1970. */
export const start = 1_800_000_000

export interface SigningKey {
  readonly privateKey: CryptoKey
  readonly jwk: JWK
  readonly algorithm: string
}

export async function signingKey(kid: string, algorithm = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true })
  return { privateKey, algorithm, jwk: { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' } }
}

/** What a test may change about the issuer while it runs. */
export interface IssuerState {
  keys: readonly unknown[]
  down: boolean
  metadata: Readonly<Record<string, unknown>>
  /** What is answered in place of the metadata or the key set; the usual when it gives nothing. */
  instead: (url: string) => CannedAnswer | undefined
  introspect: (request: SeenRequest, count: number) => CannedAnswer | Promise<CannedAnswer>
}

/** An authorization server of a few lines, made with jose: what we verify is not what we sign. */
export async function localIssuer(context: TestContext) {
  const key = await signingKey('k1')
  const state: IssuerState = {
    keys: [key.jwk],
    down: false,
    metadata: {},
    instead: () => undefined,
    introspect: () => ({ status: 500 }),
  }
  const counts = { metadata: 0, keys: 0, introspections: 0 }
  const address = { issuer: '' }

  const server = await cannedServer(context, (request) => {
    if (request.url === '/introspect') counts.introspections += 1
    else if (request.url === '/jwks') counts.keys += 1
    else counts.metadata += 1
    if (state.down) return { status: 503 }
    if (request.url === '/introspect') return state.introspect(request, counts.introspections)
    const instead = state.instead(request.url)
    if (instead !== undefined) return instead
    if (request.url === '/jwks') return { body: { keys: state.keys } }
    return {
      body: {
        issuer: address.issuer,
        jwks_uri: `${server.url}/jwks`,
        introspection_endpoint: `${server.url}/introspect`,
        ...state.metadata,
      },
    }
  })
  address.issuer = `${server.url}/default/demo`

  const claims = (more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
    iss: address.issuer,
    aud: audience,
    sub: 'cb',
    client_id: 'cb',
    iat: start,
    exp: start + 300,
    jti: randomUUID(),
    scope: 'api:read',
    ...more,
  })
  const sign = (
    more: Readonly<Record<string, unknown>> = {},
    header: Partial<JWTHeaderParameters> = {},
    by: SigningKey = key,
  ): Promise<string> =>
    new SignJWT(JSON.parse(JSON.stringify(claims(more))))
      .setProtectedHeader({ alg: by.algorithm, kid: by.jwk.kid ?? '', typ: 'at+jwt', ...header })
      .sign(by.privateKey, { crit: { 'test-extension': true } })

  return { issuer: address.issuer, url: server.url, key, state, counts, claims, sign, requests: server.requests }
}

/** A GET of `url` with the given `Authorization` lines. */
export const apiRequest = (url: string, ...authorization: readonly string[]) => ({
  method: 'GET',
  url,
  header: (name: string) => (name === 'authorization' ? authorization : []),
})
