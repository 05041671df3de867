import type { RefusalResponse } from '../challenge.ts'
import type { ProtectedApi } from '../protect.ts'
import { checkRequirement, type Requirement } from '../requirement.ts'
import { noteToken } from './let-in.ts'
import { metadataAnswers } from './metadata.ts'
import { type NodeRequest, nodeRequest } from './node-message.ts'

export { tokenOf } from './let-in.ts'

// As much of Fastify as is used, whatever its server, logger and type provider are.
interface FastifyRequest {
  readonly raw: NodeRequest
  readonly method: string
  readonly originalUrl: string
}
interface FastifyReply {
  code(status: number): FastifyReply
  headers(headers: Record<string, string>): FastifyReply
  send(body: Uint8Array): FastifyReply
  callNotFound(): unknown
}
interface FastifyScope {
  route(options: {
    method: string[]
    url: string
    handler: (request: FastifyRequest, reply: FastifyReply) => unknown
  }): unknown
}

/**
 * An `onRequest` hook, for a route or with `addHook` for all routes of a plugin. It goes on only when the token of the
 * request is good and has the scopes needed, and answers all other requests. Handlers find the token by
 * `tokenOf(api, request)`.
 * @throws TypeError for a requirement that is none
 */
export function requireToken<Claims>(api: ProtectedApi<Claims>, requirement: Requirement) {
  const needed = checkRequirement(requirement)
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const decision = await api.authorize(nodeRequest(request.raw, request.originalUrl), needed)
    if (!decision.allowed) return send(reply, decision)
    noteToken(api, request, decision.token)
    return undefined
  }
}

/**
 * A plugin with the route of the API's metadata (RFC 9728): `app.register(serveMetadata(api))`, without a prefix and outside
 * of what needs a token.
 * @throws TypeError when `protect` has no option `metadata`
 */
export function serveMetadata(api: ProtectedApi<unknown>) {
  const answer = metadataAnswers(api)
  return async (app: FastifyScope): Promise<void> => {
    app.route({
      method: ['GET', 'HEAD'],
      url: api.metadata?.path ?? '',
      handler: (request, reply) => {
        const metadata = answer({ method: request.method, url: request.originalUrl })
        return metadata === undefined ? reply.callNotFound() : send(reply, metadata)
      },
    })
  }
}

/** As bytes: to a string Fastify would add a charset, which JSON does not have (RFC 8259 §11). */
const send = (reply: FastifyReply, { status, headers, body }: RefusalResponse): FastifyReply =>
  reply
    .code(status)
    .headers({ ...headers })
    .send(new TextEncoder().encode(body))
