import type { RefusalResponse } from '../challenge.ts'
import type { ProtectedApi } from '../protect.ts'
import { checkRequirement, type Requirement } from '../requirement.ts'
import type { TokenClaims, VerifiedToken } from '../verified-token.ts'
import { noteToken } from './let-in.ts'
import { metadataAnswers } from './metadata.ts'
import { type NodeRequest, nodeRequest } from './node-message.ts'

export { tokenOf } from './let-in.ts'

/** What `context.state` holds in the middleware after `requireToken`. */
export interface TokenState<Claims = TokenClaims> {
  token: VerifiedToken<Claims>
}

// As much of Koa as is used.
interface KoaContext {
  readonly req: NodeRequest
  readonly method: string
  readonly originalUrl: string
  status: number
  body: unknown
  set(headers: Record<string, string>): void
}
type Next = () => Promise<unknown>

/**
 * Middleware that goes on only when the token of the request is good and has the scopes needed, and answers all other
 * requests. The middleware after it finds the token in `context.state.token`.
 * @throws TypeError for a requirement that is none
 */
export function requireToken<Claims>(api: ProtectedApi<Claims>, requirement: Requirement) {
  const needed = checkRequirement(requirement)
  return async (context: KoaContext & { readonly state: TokenState<Claims> }, next: Next): Promise<void> => {
    const decision = await api.authorize(nodeRequest(context.req, context.originalUrl), needed)
    if (!decision.allowed) return send(context, decision)
    context.state.token = decision.token
    noteToken(api, context, decision.token)
    await next()
  }
}

/**
 * Middleware that serves the metadata of the API (RFC 9728): `app.use(serveMetadata(api))`, before what needs a token.
 * @throws TypeError when `protect` has no option `metadata`
 */
export function serveMetadata(api: ProtectedApi<unknown>) {
  const answer = metadataAnswers(api)
  return async (context: KoaContext, next: Next): Promise<void> => {
    const metadata = answer({ method: context.method, url: context.originalUrl })
    if (metadata === undefined) await next()
    else send(context, metadata)
  }
}

function send(context: KoaContext, { status, headers, body }: RefusalResponse): void {
  context.status = status
  context.set({ ...headers })
  context.body = body
}
