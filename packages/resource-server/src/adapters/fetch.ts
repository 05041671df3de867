import type { ApiRequest } from '../authorize-request.ts'
import type { ProtectedApi } from '../protect.ts'
import type { Requirement } from '../requirement.ts'
import type { TokenClaims, VerifiedToken } from '../verified-token.ts'

/** A handler that is called with the token that let the request in. */
export type ProtectedFetchHandler<Claims = TokenClaims> = (
  request: Request,
  token: VerifiedToken<Claims>,
) => Response | Promise<Response>

/**
 * A handler for servers that speak `Request` and `Response`: Bun, Deno, workers and the frameworks made for them. The
 * inner handler runs only for requests whose token is good and has the scopes needed.
 */
export function protectFetch<Claims>(
  api: ProtectedApi<Claims>,
  requirement: Requirement,
  handler: ProtectedFetchHandler<Claims>,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const decision = await api.authorize(webRequest(request), requirement)
    if (decision.allowed) return handler(request, decision.token)
    return new Response(decision.body, { status: decision.status, headers: decision.headers })
  }
}

function webRequest(request: Request): ApiRequest {
  const { method, url, headers } = request
  // Two lines arrive joined by a comma; of Authorization that is no b64token, which is refused as malformed.
  const header = (name: string) => {
    const value = headers.get(name)
    return value === null ? [] : [value]
  }
  return { method, url, header }
}
