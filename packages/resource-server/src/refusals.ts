import { OAuthError } from '@mintmark/protocol'

export interface RefusalDetails {
  readonly expected?: string | undefined
  readonly received?: string | undefined
  readonly cause?: unknown
}

/** The token does not count; one description for every reason, so that a stranger learns nothing (RFC 6750 §3.1). */
export const invalidToken = (check: string, details: RefusalDetails = {}): OAuthError =>
  new OAuthError('invalid_token', 'The access token is not valid.', { check, ...details })

/** It cannot be decided whether the token counts: 503, and never a guess. */
export const undecidable = (check: string, cause?: unknown): OAuthError =>
  new OAuthError('temporarily_unavailable', 'The access token cannot be checked at the moment.', {
    headers: { 'Retry-After': '5' },
    check,
    cause,
  })
