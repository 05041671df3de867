import { OAuthError } from '@mintmark/protocol'
import { clientCredentials } from './client-credentials.ts'
import type { Grant } from './grant.ts'

/**
 * The JWT bearer grant (RFC 7523 §2.1) for workloads: the token of the platform is the grant and, the way `federated`
 * authenticates, the proof of the client as well. What the client may have is what it may have by its own credentials.
 */
export const jwtBearer: Grant = {
  type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
  capability: 'jwt_bearer',
  repeatable: ['resource'],
  authorize: (view, caller, form) => {
    if (form.get('assertion') === undefined) {
      throw new OAuthError('invalid_request', 'The assertion parameter is missing.', { check: 'assertion-present' })
    }
    return clientCredentials.authorize(view, caller, form)
  },
}
