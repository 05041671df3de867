import { bearerChallenge, dpopChallenge, formatScope, type OAuthError } from '@mintmark/protocol'
import { type Requirement, scopesOf } from './requirement.ts'

export interface ChallengeOptions {
  readonly realm: string
  readonly resourceMetadata?: string | undefined
  /** Whether tokens that are bound by DPoP are taken, and whether they alone are. */
  readonly dpop: 'off' | 'accepted' | 'required'
}

/** What a refusal is answered with, ready to send. */
export interface RefusalResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** JSON text. */
  readonly body: string
}

/** The answer to a request without a token: a challenge that names no error, since there was none (RFC 6750 §3.1). */
export function missingTokenResponse(options: ChallengeOptions): RefusalResponse {
  const challenges = [
    ...(options.dpop === 'required' ? [] : [bearerChallenge(options)]),
    ...(options.dpop === 'off' ? [] : [dpopChallenge(options)]),
  ]
  return response(401, { 'WWW-Authenticate': challenges.join(', ') }, { error: 'unauthorized' })
}

/**
 * The answer to a request that was refused. Where a token could have helped, it carries the challenge of the scheme that
 * the request used, or would have had to use (RFC 9449 §7.1).
 */
export function refusalResponse(
  error: OAuthError,
  requirement: Requirement,
  options: ChallengeOptions & { readonly scheme: 'Bearer' | 'DPoP' },
): RefusalResponse {
  const bound = error.check === 'token-bound' || options.scheme === 'DPoP' || options.dpop === 'required'
  const challengeOf = options.dpop !== 'off' && bound ? dpopChallenge : bearerChallenge
  const challenge = challengeOf({
    ...options,
    error: error.code,
    errorDescription: error.description,
    scope: error.code === 'insufficient_scope' ? formatScope(scopesOf(requirement)) : undefined,
  })
  const headers = error.status < 500 ? { ...error.headers, 'WWW-Authenticate': challenge } : error.headers
  return response(error.status, headers, { error: error.code, error_description: error.description })
}

function response(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Readonly<Record<string, string>>,
): RefusalResponse {
  return {
    status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers },
    body: JSON.stringify(body),
  }
}
