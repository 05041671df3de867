import { OAuthError } from '@mintmark/protocol'

/**
 * Node keeps the first of several `Authorization` headers and drops the others: whoever sends two means two identities.
 * @param rawHeaders names and values in turn
 * @throws OAuthError `invalid_request`
 */
export const assertSingleAuthorization = (rawHeaders: readonly string[]): void => {
  let seen = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]
    if (name?.length === 13 && name.toLowerCase() === 'authorization') seen += 1
  }
  if (seen > 1) {
    throw new OAuthError('invalid_request', 'The Authorization header is included more than once.', {
      check: 'authorization-repeated',
    })
  }
}
