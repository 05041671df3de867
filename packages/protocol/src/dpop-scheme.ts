import { formatChallenge } from './challenge.ts'
import { dpopAlgorithms } from './dpop-key.ts'
import { OAuthError, type OAuthErrorCode } from './oauth-error.ts'

// RFC 9449 §7.1: the scheme is case-insensitive, the rest is strict: one space, one token68.
const scheme = /^dpop(?![!#$%&'*+\-.^_`|~0-9a-z])/i
const credentials = /^dpop ([A-Za-z0-9\-._~+/]+=*)$/i

/**
 * Reads an `Authorization` header of the scheme `DPoP` (RFC 9449 §7.1).
 * @returns the token, or undefined when the scheme is another one
 * @throws OAuthError `invalid_request`, check `dpop-authorization-malformed`
 */
export function readDpopAuthorization(header: string): string | undefined {
  const match = credentials.exec(header)
  if (match !== null) return match[1]
  if (!scheme.test(header)) return undefined
  throw new OAuthError('invalid_request', 'The Authorization header is not well-formed.', {
    check: 'dpop-authorization-malformed',
  })
}

export interface DpopChallenge {
  readonly realm: string
  /** Left out when the request had no credentials at all. */
  readonly error?: OAuthErrorCode | undefined
  readonly errorDescription?: string | undefined
  /** The scopes needed, separated by spaces. */
  readonly scope?: string | undefined
  /** URL of the protected resource's metadata (RFC 9728 §5.1). */
  readonly resourceMetadata?: string | undefined
}

/** The `WWW-Authenticate` value of a resource that takes bound tokens (RFC 9449 §7.1), with the algorithms of proofs. */
export function dpopChallenge(challenge: DpopChallenge): string {
  const parameters = new Map<string, string>()
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined) parameters.set(name, value)
  }
  add('realm', challenge.realm)
  add('error', challenge.error)
  add('error_description', challenge.errorDescription)
  add('scope', challenge.scope)
  add('algs', dpopAlgorithms.join(' '))
  add('resource_metadata', challenge.resourceMetadata)
  return formatChallenge({ scheme: 'DPoP', parameters })
}
