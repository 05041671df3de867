import type { ProtectedApi } from '../src/protect.ts'
import type { Requirement } from '../src/requirement.ts'
import type { VerifiedToken } from '../src/verified-token.ts'

/** A route of an API that every framework can serve. */
export interface AdapterRoute {
  /** Default GET, which answers HEAD too. */
  readonly method?: string
  /** `/read`, `/items/:id` or `/files/*`. */
  readonly path: string
  /** Mounts the route by the framework's own means, such as `/v1`; the router then sees the path without it. */
  readonly under?: string
  readonly requirement: Requirement
  /** Runs in the handler, and may throw. */
  readonly handled?: (token: VerifiedToken) => void
}

export interface AdapterServer {
  readonly name: string
  /**
   * Serves the routes, and the metadata of the API if it has any, on a free port. A handler answers 200 with the token it
   * was given as JSON; what it throws is answered by the framework's error handler with 500 and `failureOf` it.
   */
  readonly start: (api: ProtectedApi, routes: readonly AdapterRoute[]) => Promise<RunningServer>
}

export interface RunningServer {
  readonly url: string
  readonly close: () => Promise<void>
}

/** What a handler answers. */
export function answerOf({ handled }: AdapterRoute, token: VerifiedToken) {
  handled?.(token)
  const { issuer, audience, clientId, subject, scopes, expiresAt } = token
  return { issuer, audience, clientId, subject, scopes, expiresAt }
}

/** What the error handlers answer. */
export const failureOf = (error: unknown) => ({ failed: (error as Error).message })

/** The routes by the path they are mounted at. */
export const byPrefix = (routes: readonly AdapterRoute[]): readonly [string, readonly AdapterRoute[]][] => [
  ...Map.groupBy(routes, ({ under = '' }) => under),
]

/** Express 5 and Koa's router want a name for a wildcard. */
export const namedWildcard = (path: string) => path.replace(/\*$/, '*rest')
