import { type Form, isFormUrlencoded, OAuthError, parseForm } from '@mintmark/protocol'
import type { HttpRequest } from '../lib/message.ts'

/**
 * The parameters of a request to an OAuth endpoint: from the body only, urlencoded only, each at most once
 * (RFC 6749 §3.2).
 * @param repeatable names that may occur more than once, such as `resource`
 * @throws OAuthError `invalid_request`
 */
export const readForm = (request: HttpRequest, repeatable: readonly string[] = []): Form => {
  if (!isFormUrlencoded(request.headers['content-type'])) {
    throw new OAuthError('invalid_request', 'The body must be application/x-www-form-urlencoded.', {
      status: 415,
      check: 'content-type',
      expected: 'application/x-www-form-urlencoded',
      received: request.headers['content-type'] ?? 'none',
    })
  }
  const form = parseForm(request.body)
  form.assertNotRepeated(repeatable)
  return form
}
