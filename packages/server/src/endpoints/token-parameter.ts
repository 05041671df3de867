import { type Form, OAuthError } from '@mintmark/protocol'

/**
 * The `token` parameter of introspection and revocation (RFC 7662 §2.1, RFC 7009 §2.1). `token_type_hint` is a hint: we
 * tell the formats apart by themselves and never read it.
 * @throws OAuthError `invalid_request`
 */
export const requireToken = (form: Form): string => {
  const token = form.get('token')
  if (token === undefined) {
    throw new OAuthError('invalid_request', 'The token parameter is missing.', { check: 'token-present' })
  }
  return token
}
