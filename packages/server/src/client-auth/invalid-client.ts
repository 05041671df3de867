import { basicChallenge, OAuthError } from '@mintmark/protocol'

/** The same refusal where the proof is the grant itself (RFC 7521 §4.1.1); other errors stay what they are. */
export const asInvalidGrant = (error: unknown): unknown => {
  if (!(error instanceof OAuthError) || error.code !== 'invalid_client') return error
  const { check, expected, received, cause } = error
  return new OAuthError('invalid_grant', 'The assertion is not valid.', { check, expected, received, cause })
}

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

/**
 * What counts once was taken for the first time of all.
 * @throws OAuthError `invalid_client`
 */
export const assertFirst = (outcome: 'first' | 'again' | 'forgotten'): void => {
  if (outcome === 'again') throw invalidClient('assertion-used-once')
  if (outcome === 'forgotten') throw invalidClient('assertion-since-restore')
}
