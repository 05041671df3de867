import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ApiRequest } from '../authorize-request.ts'
import type { ProtectedApi } from '../protect.ts'
import type { Requirement } from '../requirement.ts'
import type { TokenClaims, VerifiedToken } from '../verified-token.ts'

/** A request handler that is called with the token that let the request in. */
export type ProtectedListener<Claims = TokenClaims> = (
  request: IncomingMessage,
  response: ServerResponse,
  token: VerifiedToken<Claims>,
) => void | Promise<void>

/**
 * A listener for `node:http` and frameworks made on it. The handler runs only for requests whose token is good and has
 * the scopes needed; all others have been answered.
 */
export function protectListener<Claims>(
  api: ProtectedApi<Claims>,
  requirement: Requirement,
  handler: ProtectedListener<Claims>,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const decision = await api.authorize(nodeRequest(request), requirement)
    if (decision.allowed) {
      await handler(request, response, decision.token)
      return
    }
    response.writeHead(decision.status, { ...decision.headers, 'Content-Length': Buffer.byteLength(decision.body) })
    response.end(decision.body)
  }
}

function nodeRequest(request: IncomingMessage): ApiRequest {
  return {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    // `headers` keeps the first of two Authorization lines and hides the second.
    header: (name) => request.headersDistinct[name] ?? [],
  }
}
