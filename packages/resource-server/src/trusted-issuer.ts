import { metadataSource, secureUrl } from '@mintmark/client/transport'
import { OAuthError } from '@mintmark/protocol'
import type { JSONWebKeySet } from 'jose'
import { type IntrospectionCredentials, introspector } from './introspect.ts'
import { keySetReader } from './key-set.ts'
import { givenKeys, type KeySource, locateByMetadata, type RemoteKeysOptions, remoteKeys } from './remote-keys.ts'
import { type Algorithm, isAlgorithm } from './signature-algorithm.ts'
import type { TokenVerifier, TypeClaims } from './token-verifier.ts'
import { jwtVerifier } from './verify-jwt.ts'

/**
 * `offline`: JWTs by the issuer's keys, nothing else. `introspection`: every token by asking the issuer, which knows of
 * revocations. `by-format`: JWTs offline and the rest by introspection.
 */
export type Verification = 'offline' | 'introspection' | 'by-format'

const verifications: readonly Verification[] = ['offline', 'introspection', 'by-format']

/** An issuer whose tokens are let in, and how they are verified. */
export interface IssuerOptions {
  /** The issuer exactly as the authorization server writes it; https, or http to this machine. */
  readonly issuer: string
  /** Default: `introspection` when its credentials are given, else `offline`. */
  readonly verification?: Verification | undefined
  /** The client this API is at the issuer's introspection endpoint. */
  readonly introspection?: IntrospectionCredentials | undefined
  /** Signature algorithms of JWTs. Default ES256, RS256, PS256, EdDSA and Ed25519. */
  readonly algorithms?: readonly Algorithm[] | undefined
  /** Where the keys come from. Default: the `jwks_uri` of the issuer's metadata, found by discovery (RFC 8414). */
  readonly keys?: { readonly jwksUri: string } | { readonly jwks: JSONWebKeySet } | undefined
  /**
   * What this issuer's opaque tokens begin with, such as `mmk_at_`. Opaque tokens that begin otherwise are not sent to
   * it. Needed as soon as two issuers are asked by introspection, since an opaque token does not say who issued it.
   */
  readonly opaquePrefix?: string | undefined
}

/** What all issuers of one API share. */
export interface IssuerSurroundings<Claims> {
  readonly audience: string
  readonly fetch: typeof globalThis.fetch
  /** Milliseconds for one request. */
  readonly timeout: number
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  /** Milliseconds since 1970. */
  readonly currentTime: () => number
  readonly onTrouble: (error: unknown) => void
  readonly typed: TypeClaims<Claims>
}

/** One issuer, ready to verify. Nothing in it is shared with another: keys, memory, questions. */
export interface TrustedIssuer<Claims> extends TokenVerifier<Claims> {
  readonly issuer: string
  readonly verification: Verification
  readonly opaquePrefix: string | undefined
  /** Fetches what verification needs now. @throws an Error that says what is wrong with the issuer */
  ready(): Promise<void>
}

const defaultAlgorithms = ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'] as const

/** @throws TokenError `insecure_url`, or TypeError for options that make no sense */
export function trustedIssuer<Claims>(
  options: IssuerOptions,
  surroundings: IssuerSurroundings<Claims>,
): TrustedIssuer<Claims> {
  const { issuer, introspection: credentials, opaquePrefix } = options
  const { audience, fetch, timeout, now, currentTime, onTrouble, typed } = surroundings
  secureUrl(issuer, 'The issuer')
  const verification = options.verification ?? (credentials === undefined ? 'offline' : 'introspection')
  // A word that was mistyped must not become one that asks less.
  if (!verifications.includes(verification)) throw new TypeError('protect: verification is none that is known')
  const metadata = metadataSource({ issuer, fetch, timeout, now })
  const algorithms = readAlgorithms(options)
  const read = keySetReader(algorithms)
  const keys = keySource(options, { locate: locateByMetadata(metadata), read, fetch, timeout, now, onTrouble })
  const offline = jwtVerifier({ issuer, audience, algorithms, keys, currentTime, typed })
  const introspection = () => {
    if (credentials === undefined) throw new TypeError(`protect: verification '${verification}' needs introspection`)
    return introspector({ issuer, audience, credentials, metadata, fetch, timeout, now, currentTime, typed })
  }

  return {
    issuer,
    verification,
    opaquePrefix,
    ...chooseVerification(verification, offline, introspection),
    ready: async () => {
      if (verification !== 'introspection') await keys.current().catch(underlying)
      if (verification === 'offline') return
      const { introspection_endpoint: endpoint } = await metadata.get()
      if (endpoint === undefined) throw new TypeError(`The metadata of ${issuer} has no introspection_endpoint`)
    },
  }
}

function keySource({ keys }: IssuerOptions, remote: RemoteKeysOptions): KeySource {
  if (keys === undefined) return remoteKeys(remote)
  if ('jwks' in keys) return givenKeys(remote.read(keys.jwks))
  const url = secureUrl(keys.jwksUri, 'jwksUri')
  return remoteKeys({ ...remote, locate: async () => url })
}

function chooseVerification<Claims>(
  verification: Verification,
  offline: TokenVerifier<Claims>,
  introspection: () => TokenVerifier<Claims>,
): TokenVerifier<Claims> {
  if (verification === 'offline') return offline
  const online = introspection()
  if (verification === 'introspection') return online
  return {
    recall: (digest) => offline.recall(digest) ?? online.recall(digest),
    verify: (presented) => (presented.jwt === undefined ? online : offline).verify(presented),
  }
}

function readAlgorithms({ algorithms = defaultAlgorithms }: IssuerOptions): readonly Algorithm[] {
  if (algorithms.length === 0) throw new TypeError('protect: algorithms is empty')
  for (const algorithm of algorithms) {
    if (!isAlgorithm(algorithm)) {
      throw new TypeError(`protect: ${algorithm} is not an asymmetric signature algorithm this package knows`)
    }
  }
  return algorithms
}

/** Who starts the API wants to know what is wrong with the issuer, not that a token cannot be checked. */
const underlying = (error: unknown): never => {
  throw error instanceof OAuthError ? (error.cause ?? error) : error
}
