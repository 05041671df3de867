import type { ApiRequest } from '../authorize-request.ts'
import type { ProtectedApi } from '../protect.ts'
import type { VerifiedToken } from '../verified-token.ts'

/** A handler that is called with the token that let the request in. */
export type ProtectedFetchHandler = (request: Request, token: VerifiedToken) => Response | Promise<Response>

/**
 * A handler for servers that speak `Request` and `Response`: Bun, Deno, workers and the frameworks made for them. The
 * inner handler runs only for requests whose token is good and has every one of the scopes.
 */
export function protectFetch(
  api: ProtectedApi,
  scopes: readonly string[],
  handler: ProtectedFetchHandler,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const decision = await api.authorize(webRequest(request), scopes)
    if (decision.allowed) return handler(request, decision.token)
    return new Response(decision.body, { status: decision.status, headers: decision.headers })
  }
}

function webRequest(request: Request): ApiRequest {
  // Two lines arrive joined by a comma, which is no b64token and is refused as malformed.
  const authorization = request.headers.get('authorization')
  return { authorization: authorization === null ? [] : [authorization], url: request.url }
}
