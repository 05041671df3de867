import type { ProtectedApi } from '../protect.ts'
import { checkRequirement, type Requirement } from '../requirement.ts'
import type { TokenClaims, VerifiedToken } from '../verified-token.ts'
import { metadataAnswers } from './metadata.ts'
import { webRequest, webResponse } from './web-message.ts'

/**
 * A handler that is called with the token that let the request in, and then with whatever else the platform gives:
 * Bun's server, Deno's connection, a worker's environment and context.
 */
export type ProtectedHandler<
  Claims = TokenClaims,
  Incoming extends Request = Request,
  Rest extends readonly unknown[] = readonly [],
> = (request: Incoming, token: VerifiedToken<Claims>, ...rest: Rest) => Response | Promise<Response>

/**
 * A handler for servers that speak `Request` and `Response`: Bun, Deno, workers and the frameworks made for them. The
 * inner handler runs only for requests whose token is good and has the scopes needed.
 * @throws TypeError for a requirement that is none
 */
export function requireToken<Claims, Incoming extends Request, Rest extends readonly unknown[]>(
  api: ProtectedApi<Claims>,
  requirement: Requirement,
  handler: ProtectedHandler<Claims, Incoming, Rest>,
): (request: Incoming, ...rest: Rest) => Promise<Response> {
  const needed = checkRequirement(requirement)
  return async (request, ...rest) => {
    const decision = await api.authorize(webRequest(request), needed)
    return decision.allowed ? handler(request, decision.token, ...rest) : webResponse(decision)
  }
}

/**
 * Serves the metadata of the API (RFC 9728): the function answers requests for it, and is undefined for all others.
 * @throws TypeError when `protect` has no option `metadata`
 */
export function serveMetadata(api: ProtectedApi<unknown>): (request: Request) => Response | undefined {
  const answer = metadataAnswers(api)
  return (request) => {
    const metadata = answer(request)
    return metadata && webResponse(metadata)
  }
}
