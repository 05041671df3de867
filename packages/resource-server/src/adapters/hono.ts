import type { MiddlewareHandler } from 'hono'
import type { ProtectedApi } from '../protect.ts'
import { checkRequirement, type Requirement } from '../requirement.ts'
import type { TokenClaims, VerifiedToken } from '../verified-token.ts'
import { noteToken } from './let-in.ts'
import { metadataAnswers } from './metadata.ts'
import { webRequest, webResponse } from './web-message.ts'

export { tokenOf } from './let-in.ts'

/** What `context.var` holds in the handlers after `requireToken`. */
export interface TokenVariables<Claims = TokenClaims> {
  token: VerifiedToken<Claims>
}

/**
 * Middleware that goes on only when the token of the request is good and has the scopes needed, and answers all other
 * requests. The handlers after it find the token in `context.var.token`.
 * @throws TypeError for a requirement that is none
 */
export function requireToken<Claims>(
  api: ProtectedApi<Claims>,
  requirement: Requirement,
): MiddlewareHandler<{ Variables: TokenVariables<Claims> }> {
  const needed = checkRequirement(requirement)
  return async (context, next) => {
    const decision = await api.authorize(webRequest(context.req.raw), needed)
    if (!decision.allowed) return webResponse(decision)
    context.set('token', decision.token)
    noteToken(api, context, decision.token)
    return await next()
  }
}

/**
 * Middleware that serves the metadata of the API (RFC 9728): `app.use(serveMetadata(api))`, before what needs a token.
 * @throws TypeError when `protect` has no option `metadata`
 */
export function serveMetadata(api: ProtectedApi<unknown>): MiddlewareHandler {
  const answer = metadataAnswers(api)
  return async (context, next) => {
    const metadata = answer(context.req.raw)
    return metadata === undefined ? await next() : webResponse(metadata)
  }
}
