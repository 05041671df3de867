import { bearerChallenge, formatScope, type OAuthError } from '@mintmark/protocol'
import { type Requirement, scopesOf } from './requirement.ts'

export interface ChallengeOptions {
  readonly realm: string
  readonly resourceMetadata?: string | undefined
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
  return response(401, { 'WWW-Authenticate': bearerChallenge(options) }, { error: 'unauthorized' })
}

/** The answer to a request that was refused. Where a token could have helped, it carries the challenge. */
export function refusalResponse(
  error: OAuthError,
  requirement: Requirement,
  options: ChallengeOptions,
): RefusalResponse {
  const challenge = bearerChallenge({
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
