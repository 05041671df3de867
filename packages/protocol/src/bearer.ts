import { formatChallenge } from './challenge.ts'
import { OAuthError, type OAuthErrorCode } from './oauth-error.ts'

// `Bearer` and something that cannot belong to a longer scheme name: whoever sends this means a bearer token.
const scheme = /^bearer(?![!#$%&'*+\-.^_`|~0-9a-z])/i
// RFC 6750 §2.1, with exactly one space.
const credentials = /^bearer ([A-Za-z0-9\-._~+/]+=*)$/i

/**
 * Reads an `Authorization` header of RFC 6750 §2.1. The scheme is case-insensitive, the rest is strict: one space, one
 * b64token.
 * @returns the token, or undefined when the scheme is another one
 * @throws OAuthError `invalid_request`, check `bearer-malformed`
 */
export function readBearer(header: string): string | undefined {
  const match = credentials.exec(header)
  if (match !== null) return match[1]
  if (!scheme.test(header)) return undefined
  throw new OAuthError('invalid_request', 'The Authorization header is not well-formed.', { check: 'bearer-malformed' })
}

export interface BearerChallenge {
  readonly realm: string
  /** Left out when the request had no credentials at all (RFC 6750 §3.1). */
  readonly error?: OAuthErrorCode | undefined
  readonly errorDescription?: string | undefined
  /** The scopes needed, separated by spaces. */
  readonly scope?: string | undefined
  /** URL of the protected resource's metadata (RFC 9728 §5.1). */
  readonly resourceMetadata?: string | undefined
}

/** The `WWW-Authenticate` value of a protected resource (RFC 6750 §3). */
export function bearerChallenge(challenge: BearerChallenge): string {
  const parameters = [
    ['realm', challenge.realm],
    ['error', challenge.error],
    ['error_description', challenge.errorDescription],
    ['scope', challenge.scope],
    ['resource_metadata', challenge.resourceMetadata],
  ] satisfies [string, string | undefined][]
  const given = parameters.filter(
    (parameter): parameter is [(typeof parameter)[0], string] => parameter[1] !== undefined,
  )
  return formatChallenge({ scheme: 'Bearer', parameters: new Map(given) })
}
