import { OAuthError, parseScope } from '@mintmark/protocol'
import { TokenError } from './errors.ts'
import type { WantedToken } from './token-event.ts'

/** What a token is to be good for, as callers say it. */
export interface TokenWish {
  /** Scopes, as a list or separated by spaces; none are what the server grants by itself. */
  readonly scope?: string | readonly string[] | undefined
  /** The API or APIs the token is for, as absolute URIs (RFC 8707). */
  readonly resource?: string | readonly string[] | undefined
}

/** @throws TokenError `invalid_configuration` */
export function readWish({ scope = [], resource = [] }: TokenWish): WantedToken {
  const resources = typeof resource === 'string' ? [resource] : [...new Set(resource)]
  for (const one of resources) {
    if (!URL.canParse(one) || one.includes('#')) {
      throw new TokenError('invalid_configuration', 'resource is not an absolute URI without a fragment')
    }
  }
  return { scopes: readScopes(scope), resources }
}

function readScopes(scope: string | readonly string[]): readonly string[] {
  try {
    return parseScope(typeof scope === 'string' ? scope : scope.join(' '))
  } catch (error) {
    if (error instanceof OAuthError) throw new TokenError('invalid_configuration', 'scope is malformed')
    throw error
  }
}

/** The same for two wishes that the same token fulfils. */
export const keyOf = ({ scopes, resources }: WantedToken): string =>
  JSON.stringify([scopes.toSorted(), resources.toSorted()])
