import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ProtectedApi } from '../protect.ts'
import { checkRequirement, type Requirement } from '../requirement.ts'
import type { TokenClaims, VerifiedToken } from '../verified-token.ts'
import { metadataAnswers } from './metadata.ts'
import { nodeRequest, send } from './node-message.ts'

/** A request handler that is called with the token that let the request in. */
export type ProtectedListener<Claims = TokenClaims> = (
  request: IncomingMessage,
  response: ServerResponse,
  token: VerifiedToken<Claims>,
) => void | Promise<void>

/**
 * A listener for `node:http` and what is made on it. The handler runs only for requests whose token is good and has the
 * scopes needed; all others have been answered. The promise rejects when the handler does: as with any async listener,
 * what happens then is up to the caller.
 * @throws TypeError for a requirement that is none
 */
export function requireToken<Claims>(
  api: ProtectedApi<Claims>,
  requirement: Requirement,
  handler: ProtectedListener<Claims>,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const needed = checkRequirement(requirement)
  return async (request, response) => {
    const decision = await api.authorize(nodeRequest(request, request.url), needed)
    if (decision.allowed) await handler(request, response, decision.token)
    else send(response, decision)
  }
}

/**
 * Serves the metadata of the API (RFC 9728): the function answers requests for it and says whether it did.
 * @throws TypeError when `protect` has no option `metadata`
 */
export function serveMetadata(
  api: ProtectedApi<unknown>,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const answer = metadataAnswers(api)
  return (request, response) => {
    const metadata = answer({ method: request.method ?? '', url: request.url ?? '' })
    if (metadata !== undefined) send(response, metadata)
    return metadata !== undefined
  }
}
