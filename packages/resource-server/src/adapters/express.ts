import type { ServerResponse } from 'node:http'
import type { ProtectedApi } from '../protect.ts'
import { checkRequirement, type Requirement } from '../requirement.ts'
import type { TokenClaims, VerifiedToken } from '../verified-token.ts'
import { noteToken } from './let-in.ts'
import { metadataAnswers } from './metadata.ts'
import { type NodeRequest, nodeRequest, send } from './node-message.ts'

export { tokenOf } from './let-in.ts'

/** What `response.locals` holds in the handlers after `requireToken`. */
export interface TokenLocals<Claims = TokenClaims> {
  token: VerifiedToken<Claims>
}

// As much of Express as is used: the parameters of the route and its body are left to the handlers' types.
type ExpressRequest = NodeRequest & { readonly originalUrl: string }
type Next = (error?: unknown) => void

/** Express takes the type of `response.locals` for the handlers of the same route from the last of the two. */
export interface TokenMiddleware<Claims> {
  (
    request: ExpressRequest,
    response: ServerResponse & { locals: Partial<TokenLocals<Claims>> },
    next: Next,
  ): Promise<void>
  (request: ExpressRequest, response: ServerResponse & { locals: TokenLocals<Claims> }, next: Next): Promise<void>
}

/**
 * Middleware that goes on only when the token of the request is good and has the scopes needed, and answers all other
 * requests. The handlers after it find the token in `response.locals.token`.
 * @throws TypeError for a requirement that is none
 */
export function requireToken<Claims>(api: ProtectedApi<Claims>, requirement: Requirement): TokenMiddleware<Claims> {
  const needed = checkRequirement(requirement)
  return async (request, response, next) => {
    const decision = await api.authorize(nodeRequest(request, request.originalUrl), needed)
    if (!decision.allowed) return send(response, decision)
    response.locals.token = decision.token
    noteToken(api, request, decision.token)
    next()
  }
}

/**
 * Middleware that serves the metadata of the API (RFC 9728): `app.use(serveMetadata(api))`, before what needs a token.
 * @throws TypeError when `protect` has no option `metadata`
 */
export function serveMetadata(api: ProtectedApi<unknown>) {
  const answer = metadataAnswers(api)
  return (request: ExpressRequest, response: ServerResponse, next: Next): void => {
    const metadata = answer({ method: request.method ?? '', url: request.originalUrl })
    if (metadata === undefined) next()
    else send(response, metadata)
  }
}
