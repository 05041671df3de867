import { type CanActivate, createParamDecorator, type ExecutionContext, HttpException } from '@nestjs/common'
import type { ProtectedApi } from '../protect.ts'
import { checkRequirement, type Requirement } from '../requirement.ts'
import { noteToken, tokenOf } from './let-in.ts'
import { type NodeRequest, nodeRequest } from './node-message.ts'

// Functional middleware of Nest is that of Express, also on Fastify.
export { serveMetadata } from './express.ts'
export { tokenOf } from './let-in.ts'

// What Express and Fastify have in common, and how they differ.
type NestRequest = NodeRequest & { readonly raw?: NodeRequest; readonly originalUrl: string }
interface NestResponse {
  readonly setHeader?: (name: string, value: string) => unknown
  readonly header: (name: string, value: string) => unknown
}

/**
 * A guard, for `@UseGuards(requireToken(api, …))` on a route or a controller, or for `app.useGlobalGuards`. It goes on only
 * when the token of the request is good and has the scopes needed. All other requests end in an `HttpException`, so that
 * exception filters see them, with the status and body of the refusal; its headers are set on the response.
 * What is not HTTP (microservices, web sockets, GraphQL) is refused with an error.
 * @throws TypeError for a requirement that is none
 */
export function requireToken<Claims>(api: ProtectedApi<Claims>, requirement: Requirement): CanActivate {
  const needed = checkRequirement(requirement)
  return {
    canActivate: async (context) => {
      const request = httpRequest(context)
      const decision = await api.authorize(nodeRequest(request.raw ?? request, request.originalUrl), needed)
      if (decision.allowed) {
        noteToken(api, request, decision.token)
        return true
      }
      const response = context.switchToHttp().getResponse<NestResponse>()
      for (const [name, value] of Object.entries(decision.headers)) response.header(name, value)
      throw new HttpException(JSON.parse(decision.body), decision.status)
    },
  }
}

/**
 * Makes a parameter decorator for the token that let the request in: `const Token = tokenDecorator(api)`, then
 * `list(@Token() token: VerifiedToken)`.
 */
export const tokenDecorator = <Claims>(api: ProtectedApi<Claims>): (() => ParameterDecorator) =>
  createParamDecorator((_, context: ExecutionContext) => tokenOf(api, httpRequest(context)))

function httpRequest(context: ExecutionContext): NestRequest {
  if (context.getType() !== 'http') throw new Error(`requireToken protects HTTP, not ${context.getType()}`)
  return context.switchToHttp().getRequest<NestRequest>()
}
