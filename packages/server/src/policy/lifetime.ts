import type { Api } from '../domain/api.ts'
import type { Client } from '../domain/client.ts'
import { longestTokenLifetime, type Workspace } from '../domain/workspace.ts'

/**
 * Seconds a token lives: the client's own lifetime, else the shortest of its APIs', else the workspace's, and never more
 * than the workspace allows. A request cannot ask for one (RFC 6749 §5.1).
 */
export const tokenLifetime = (
  workspace: Workspace,
  apis: readonly Api[],
  client: Client,
  /** What the client's proof allows, in seconds. */
  longest = longestTokenLifetime,
): number => {
  const ofApis = apis.flatMap(({ tokenLifetime: seconds }) => (seconds === undefined ? [] : [seconds]))
  const chosen = client.tokenLifetime ?? (ofApis.length > 0 ? Math.min(...ofApis) : workspace.tokenLifetime)
  return Math.min(chosen, workspace.maxTokenLifetime, longest, longestTokenLifetime)
}

/** Seconds the tokens a client may get live at the longest. */
export const longestLifetimeOf = (workspace: Workspace, apis: readonly Api[], client: Client): number => {
  const permitted = apis.filter(({ id }) => client.permissions.some(({ api }) => api === id))
  return Math.max(0, ...permitted.map((api) => tokenLifetime(workspace, [api], client)))
}
