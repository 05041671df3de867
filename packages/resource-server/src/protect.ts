import { metadataSource, secureUrl } from '@mintmark/client/transport'
import { OAuthError } from '@mintmark/protocol'
import { type ApiRequest, authorizeRequest, type Decision } from './authorize-request.ts'
import { type IntrospectionCredentials, introspector } from './introspect.ts'
import { remoteKeys } from './remote-keys.ts'
import { type Algorithm, isJwtShaped, jwtVerifier, knownAlgorithms, type VerifyToken } from './verify-jwt.ts'

export interface ProtectOptions {
  /** The issuer exactly as the authorization server writes it; https, or http to this machine. */
  readonly issuer: string
  /** What this API is called in the `aud` of a token, usually its URI. */
  readonly audience: string
  /**
   * How tokens are verified. `offline`: JWTs by the issuer's keys, nothing else. `introspection`: every token by asking
   * the issuer, which knows of revocations. `by-format`: JWTs offline and the rest by introspection.
   * Default: `introspection` when its credentials are given, else `offline`.
   */
  readonly verification?: 'offline' | 'introspection' | 'by-format' | undefined
  /** The client this API is at the introspection endpoint. */
  readonly introspection?: IntrospectionCredentials | undefined
  /** Signature algorithms of JWTs. Default ES256, RS256, PS256, EdDSA and Ed25519. */
  readonly algorithms?: readonly Algorithm[] | undefined
  /** The `realm` of challenges. Default: the audience. */
  readonly realm?: string | undefined
  /** URL of this API's metadata (RFC 9728), named in challenges. */
  readonly resourceMetadata?: string | undefined
  /** Milliseconds for one request to the issuer. Default 5 000. */
  readonly timeout?: number | undefined
  /** Told why a request was refused, for the log: `check`, `expected`, `received` and `cause`. */
  readonly onRefusal?: ((error: OAuthError) => void) | undefined
  /** Told that the issuer's keys could not be fetched, also while the ones at hand bridge it. */
  readonly onTrouble?: ((error: unknown) => void) | undefined
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly currentTime?: (() => number) | undefined
  /** Milliseconds of a clock that never jumps. Default `performance.now`. */
  readonly now?: (() => number) | undefined
}

export interface ProtectedApi {
  /** Decides one request, which needs a good token with every one of the scopes. Never throws. */
  authorize(request: ApiRequest, scopes: readonly string[]): Promise<Decision>
  /**
   * Fetches what verification needs now instead of at the first request.
   * @throws an Error that says what is wrong with the issuer
   */
  ready(): Promise<void>
}

const defaultAlgorithms = ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'] as const

/**
 * Protects an API: lets in who has an access token of the issuer, for this API, with the scopes of the route.
 * @throws TokenError `insecure_url`, or TypeError for options that make no sense, at once
 */
export function protect(options: ProtectOptions): ProtectedApi {
  const { issuer, audience } = options
  secureUrl(issuer, 'The issuer')
  if (typeof audience !== 'string' || audience === '') throw new TypeError('protect: audience is missing')
  const transport = {
    fetch: options.fetch ?? globalThis.fetch,
    timeout: options.timeout ?? 5_000,
    now: options.now ?? (() => performance.now()),
  }
  const currentTime = options.currentTime ?? Date.now
  const metadata = metadataSource({ issuer, ...transport })
  const keys = remoteKeys({ metadata, ...transport, onTrouble: options.onTrouble ?? ignore })
  const { introspection: credentials } = options
  const verification = options.verification ?? (credentials === undefined ? 'offline' : 'introspection')

  const offline = jwtVerifier({ issuer, audience, algorithms: readAlgorithms(options), keys, currentTime })
  const introspection = () => {
    if (credentials === undefined) throw new TypeError(`protect: verification '${verification}' needs introspection`)
    return introspector({ issuer, audience, credentials, metadata, ...transport, currentTime })
  }
  const verify = chooseVerification(verification, offline, introspection)
  const { realm = audience, resourceMetadata, onRefusal = ignore } = options

  return Object.freeze({
    authorize: (request: ApiRequest, scopes: readonly string[]) =>
      authorizeRequest(request, scopes, { verify, realm, resourceMetadata, onRefusal }),
    ready: async () => {
      const { introspection_endpoint: endpoint } = await metadata.get()
      if (verification !== 'introspection') await keys.current().catch(underlying)
      if (verification !== 'offline' && endpoint === undefined) {
        throw new TypeError(`The metadata of ${issuer} has no introspection_endpoint`)
      }
    },
  })
}

function chooseVerification(
  verification: NonNullable<ProtectOptions['verification']>,
  offline: VerifyToken,
  introspection: () => VerifyToken,
): VerifyToken {
  if (verification === 'offline') return offline
  const online = introspection()
  if (verification === 'introspection') return online
  return (token) => (isJwtShaped(token) ? offline(token) : online(token))
}

function readAlgorithms({ algorithms = defaultAlgorithms }: ProtectOptions): readonly Algorithm[] {
  if (algorithms.length === 0) throw new TypeError('protect: algorithms is empty')
  for (const algorithm of algorithms) {
    if (!knownAlgorithms.includes(algorithm)) {
      throw new TypeError(`protect: ${algorithm} is not an asymmetric signature algorithm this package knows`)
    }
  }
  return algorithms
}

/** Who starts the API wants to know what is wrong with the issuer, not that a token cannot be checked. */
const underlying = (error: unknown): never => {
  throw error instanceof OAuthError ? (error.cause ?? error) : error
}

const ignore = () => undefined
