import { OAuthError } from '@mintmark/protocol'
import { clientCredentials } from './client-credentials.ts'
import type { Grant } from './grant.ts'
import { jwtBearer } from './jwt-bearer.ts'

/** The grants we know, one line each; metadata and administration derive from this list. */
export const grants: readonly Grant[] = [clientCredentials, jwtBearer]

/**
 * The grant of a `grant_type`.
 * @throws OAuthError `invalid_request` when it is missing, `unsupported_grant_type` when it is not one of ours
 */
export const requireGrant = (type: string | undefined): Grant => {
  if (type === undefined) {
    throw new OAuthError('invalid_request', 'The grant_type parameter is missing.', { check: 'grant-type-present' })
  }
  const grant = grants.find((candidate) => candidate.type === type)
  if (grant === undefined) {
    throw new OAuthError('unsupported_grant_type', 'The grant type is not supported.', {
      check: 'grant-type-supported',
      expected: grants.map((known) => known.type).join(' '),
      received: type,
    })
  }
  return grant
}
