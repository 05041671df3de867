import type { Credential } from './credential.ts'
import type { TokenRateLimit } from './workspace.ts'

/** What a client may ask of one API. */
export type Permission = {
  /** Id of the API. */
  readonly api: string
  /** Scopes the client may be granted; each is defined by the API. */
  readonly scopes: readonly string[]
  /** Scopes granted when the request names none (RFC 6749 §3.3); a subset of `scopes`. */
  readonly defaultScopes: readonly string[]
}

/** A confidential machine client. There are no public clients. */
export type Client = {
  readonly id: string
  readonly displayName: string
  readonly enabled: boolean
  /** Names from `capabilities.ts`: what the client may do; nothing until switched on. */
  readonly capabilities: readonly string[]
  /** Names of client-authentication methods it may use (RFC 7591 §2, `token_endpoint_auth_method`). */
  readonly authenticationMethods: readonly string[]
  /** Whether its assertions may have the token endpoint as audience, as before draft-ietf-oauth-rfc7523bis. */
  readonly tokenEndpointAudience: boolean
  /** Whether each of its tokens is bound to a key by DPoP, and none is a bearer token (RFC 9449 §5.2). */
  readonly dpopBoundAccessTokens: boolean
  /** Whether its tokens are bound to the certificate it asks with (RFC 8705 §3.4). */
  readonly certificateBoundAccessTokens: boolean
  readonly permissions: readonly Permission[]
  /** Ids of the APIs whose tokens it may introspect, as their resource server (RFC 7662 §4). */
  readonly introspects: readonly string[]
  /** Seconds; undefined: the API's or the workspace's. */
  readonly tokenLifetime: number | undefined
  /** How many tokens it may get; undefined: as the workspace says. */
  readonly tokenRateLimit: TokenRateLimit | undefined
  /** Addresses or CIDR ranges it may call from; empty: from anywhere. */
  readonly allowedAddresses: readonly string[]
  readonly credentials: readonly Credential[]
}
