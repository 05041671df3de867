import { OAuthError, parseChallenges, parseScope } from '@mintmark/protocol'
import { TokenError } from '../errors.ts'

/** What a protected resource says of the tokens it takes (RFC 6750 §3, RFC 9728 §5.1). */
export interface ResourceChallenge {
  /** URL of the resource's metadata, as it was written. */
  readonly metadata: string | undefined
  readonly scopes: readonly string[] | undefined
  readonly error: string | undefined
}

/**
 * Reads the Bearer challenge of a `WWW-Authenticate` header.
 * @returns undefined when there is none
 * @throws TokenError `discovery_refused` when the header is malformed, a parameter stands there twice, or there are
 *   several Bearer challenges, between which nobody can tell
 */
export function readResourceChallenge(header: string | null): ResourceChallenge | undefined {
  const challenges = parseChallenges(header ?? '')
  if (challenges === undefined) throw new TokenError('discovery_refused', 'The challenge of the API is not well-formed')
  const [bearer, ...others] = challenges.filter(({ scheme }) => scheme === 'bearer')
  if (others.length > 0) throw new TokenError('discovery_refused', 'The API has more than one Bearer challenge')
  if (bearer === undefined) return undefined
  const { parameters } = bearer
  return {
    metadata: parameters.get('resource_metadata'),
    scopes: readScopes(parameters.get('scope')),
    error: parameters.get('error'),
  }
}

function readScopes(scope: string | undefined): readonly string[] | undefined {
  if (scope === undefined || scope === '') return undefined
  try {
    return parseScope(scope)
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    throw new TokenError('discovery_refused', 'The challenge of the API has a malformed scope')
  }
}
