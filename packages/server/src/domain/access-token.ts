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
}

/** The id of the credential that obtained a token, read from its `jti`. */
export const credentialOf = (jti: string): string => jti.slice(0, Math.max(0, jti.indexOf('.')))

/** The audiences of a token, as a list (RFC 7519 §4.1.3). */
export const audiencesOf = ({ aud }: AccessTokenClaims): readonly string[] => (typeof aud === 'string' ? [aud] : aud)
