import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ApiRequest } from '../authorize-request.ts'
import type { ProtectedApi } from '../protect.ts'
import type { VerifiedToken } from '../verified-token.ts'

/** A request handler that is called with the token that let the request in. */
export type ProtectedListener = (
  request: IncomingMessage,
  response: ServerResponse,
  token: VerifiedToken,
) => void | Promise<void>

/**
 * A listener for `node:http` and frameworks made on it. The handler runs only for requests whose token is good and has
 * every one of the scopes; all others have been answered.
 */
export function protectListener(
  api: ProtectedApi,
  scopes: readonly string[],
  handler: ProtectedListener,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const decision = await api.authorize(nodeRequest(request), scopes)
    if (decision.allowed) {
      await handler(request, response, decision.token)
      return
    }
    response.writeHead(decision.status, { ...decision.headers, 'Content-Length': Buffer.byteLength(decision.body) })
    response.end(decision.body)
  }
}

function nodeRequest(request: IncomingMessage): ApiRequest {
  // `headers` keeps the first of two Authorization lines and hides the second.
  return { authorization: request.headersDistinct.authorization ?? [], url: request.url ?? '/' }
}
