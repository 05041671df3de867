import { basicChallenge, OAuthError } from '@mintmark/protocol'

/**
 * The one refusal of whoever did not prove to be the client (RFC 6749 §5.2), the same whatever failed: only the operator
 * is told the check.
 */
export const invalidClient = (check: string, expected?: string, received?: string, cause?: unknown): OAuthError =>
  new OAuthError('invalid_client', 'Client authentication failed.', {
    check,
    expected,
    received,
    cause,
    headers: { 'www-authenticate': basicChallenge('mintmark') },
  })
