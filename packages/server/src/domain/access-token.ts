/**
 * What a token is bound to, its `cnf` claim (RFC 7800 §3.1): the thumbprint of the key of a DPoP proof (RFC 9449 §6.1), or
 * of a client certificate (RFC 8705 §3.1). Whoever presents the token proves to hold it.
 */
export type Confirmation = { readonly jkt: string } | { readonly 'x5t#S256': string }

/** The claims of an access token, in both formats (RFC 9068 §2.2). Times are epoch seconds. */
export type AccessTokenClaims = {
  readonly iss: string
  readonly aud: string | readonly string[]
  /** The client's id: a machine acts for itself (RFC 9068 §2.2, RFC 9700 §4.15). */
  readonly sub: string
  readonly client_id: string
  readonly iat: number
  readonly exp: number
  /** `{credential id}.{128 random bits, base64url}`. */
  readonly jti: string
  /** Space-delimited; absent when nothing was granted. */
  readonly scope?: string
  /** Absent in a bearer token. */
  readonly cnf?: Confirmation
}

/** How a token is presented (RFC 6749 §7.1): one bound to a certificate is a bearer token by name (RFC 8705 §3). */
export const tokenTypeOf = (confirmation: Confirmation | undefined): 'Bearer' | 'DPoP' =>
  confirmation !== undefined && 'jkt' in confirmation ? 'DPoP' : 'Bearer'

/** The id of the credential that obtained a token, read from its `jti`. */
export const credentialOf = (jti: string): string => jti.slice(0, Math.max(0, jti.indexOf('.')))

/** The audiences of a token, as a list (RFC 7519 §4.1.3). */
export const audiencesOf = ({ aud }: AccessTokenClaims): readonly string[] => (typeof aud === 'string' ? [aud] : aud)
