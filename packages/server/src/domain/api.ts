/**
 * Signature algorithms of access tokens (RFC 7518 §3.1). `Ed25519` and `EdDSA` are one algorithm under two names: the one
 * RFC 9864 gave it, and the one of RFC 8037 it replaced, which is all that many libraries know yet.
 */
export const signingAlgorithms = ['ES256', 'RS256', 'PS256', 'Ed25519', 'EdDSA'] as const
export type SigningAlgorithm = (typeof signingAlgorithms)[number]

export type TokenFormatName = 'jwt' | 'opaque'

/** A permission an API defines. A name may end a segment with `*`: `orders:*` covers `orders:read` when asked for. */
export type Scope = {
  readonly name: string
  readonly description: string
}

/** A protected resource. */
export type Api = {
  readonly id: string
  readonly displayName: string
  readonly enabled: boolean
  /** Absolute URI without fragment (RFC 8707 §2); the `aud` of its tokens. */
  readonly audience: string
  readonly scopes: readonly Scope[]
  readonly tokenFormat: TokenFormatName
  /** Signs JWT access tokens and, for either format, answers of RFC 9701. */
  readonly algorithm: SigningAlgorithm
  /** Seconds; undefined: the workspace's. */
  readonly tokenLifetime: number | undefined
}
