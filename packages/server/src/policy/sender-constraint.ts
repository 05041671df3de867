import { OAuthError } from '@mintmark/protocol'
import type { Confirmation } from '../domain/access-token.ts'
import type { Workspace } from '../domain/workspace.ts'

/**
 * A token that whoever has it can use is not given where the workspace demands bound ones, or its profile does (FAPI 2.0
 * Security Profile §5.3.2.1-4).
 * @throws OAuthError `invalid_request`
 */
export const assertSenderConstrained = (
  { senderConstrainedTokens, profile }: Pick<Workspace, 'senderConstrainedTokens' | 'profile'>,
  confirmation: Confirmation | undefined,
): void => {
  if (confirmation !== undefined || (!senderConstrainedTokens && profile === undefined)) return
  throw new OAuthError('invalid_request', 'Tokens here are bound to a key or a certificate: send a DPoP proof.', {
    check: 'sender-constrained',
  })
}
