import { formatScope, OAuthError } from '@mintmark/protocol'
import type { VerifiedToken } from './verified-token.ts'

/**
 * Checks that a token was granted every one of the scopes.
 * @throws OAuthError `insufficient_scope` (RFC 6750 §3.1)
 */
export function requireScope(token: VerifiedToken, needed: readonly string[]): void {
  if (needed.every((scope) => token.scopes.includes(scope))) return
  throw new OAuthError('insufficient_scope', 'The access token was not granted the scope this needs.', {
    check: 'scope',
    expected: formatScope(needed),
    received: formatScope(token.scopes),
  })
}
