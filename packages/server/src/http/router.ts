import type { Report } from '../audit/refusal.ts'
import { systemWorkspace, type WorkspaceKey, workspaceKey } from '../domain/workspace.ts'
import type { Endpoint, Handler } from '../endpoints/endpoint.ts'
import type { HttpRequest, HttpResponse } from '../lib/message.ts'
import { json } from '../lib/message.ts'
import type { ObserveRequest } from '../operations/statistics.ts'
import type { Registry, WorkspaceView } from '../registry/registry.ts'
import { outcomeOf, renderError } from './render-error.ts'

/** Answers a request whatever it is; never rejects. */
export type HandleRequest = (request: HttpRequest) => Promise<HttpResponse>

type Target = { readonly workspace: WorkspaceKey; readonly endpoint: Endpoint }

const notFound = (): HttpResponse => json(404, { error: 'not_found' }, { 'cache-control': 'no-store' })

/** RFC 9110 §15.5.6: 405 names what is allowed. Whatever answers GET answers HEAD. */
const methodNotAllowed = (endpoint: Endpoint): HttpResponse =>
  json(
    405,
    { error: 'invalid_request', error_description: 'The method is not allowed here.' },
    {
      allow: Object.keys(endpoint.methods)
        .flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
        .join(', '),
      'cache-control': 'no-store',
    },
  )

/** Splits `/{tenant}/{workspace}{rest}`; undefined when the path has another shape. */
const splitPath = (path: string): { workspace: WorkspaceKey; rest: string } | undefined => {
  const first = path.indexOf('/', 1)
  if (first === -1) return undefined
  const second = path.indexOf('/', first + 1)
  const end = second === -1 ? path.length : second
  const workspace = workspaceKey(path.slice(1, first), path.slice(first + 1, end))
  return { workspace, rest: path.slice(end) }
}

/**
 * Finds the workspace and endpoint a request means and lets it answer. Paths are compared as sent: an encoded slash or a
 * dot segment is never anything but itself.
 * @param systemOnly true on the management listener, where the system workspace answers and no other
 */
export const createWorkspaceRouter = ({
  registry,
  endpoints,
  systemOnly,
  observe,
  report,
}: {
  readonly registry: Registry
  readonly endpoints: readonly Endpoint[]
  readonly systemOnly: boolean
  readonly observe: ObserveRequest
  readonly report: Report
}): ((request: HttpRequest) => Promise<HttpResponse | undefined>) => {
  const byPath = new Map(endpoints.map((endpoint) => [endpoint.path, endpoint]))
  const byName = new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]))
  const inserted = endpoints.filter(({ wellKnown }) => wellKnown === true)

  const findInserted = (path: string): Target | undefined => {
    for (const endpoint of inserted) {
      if (!path.startsWith(`${endpoint.path}/`)) continue
      const split = splitPath(path.slice(endpoint.path.length))
      if (split?.rest === '') return { workspace: split.workspace, endpoint }
    }
    return undefined
  }

  const findAlias = async (path: string): Promise<Target | undefined> => {
    const alias = await registry.alias(path)
    const endpoint = alias && byName.get(alias.endpoint)
    return alias && endpoint && { workspace: alias.workspace, endpoint }
  }

  const findTarget = (path: string): Target | undefined | Promise<Target | undefined> => {
    const split = splitPath(path)
    const endpoint = split && byPath.get(split.rest)
    if (split !== undefined && endpoint !== undefined) return { workspace: split.workspace, endpoint }
    return findInserted(path) ?? findAlias(path)
  }

  const answer = async (
    handler: Handler,
    { name }: Endpoint,
    request: HttpRequest,
    view: WorkspaceView,
  ): Promise<HttpResponse> => {
    const began = performance.now()
    try {
      const response = await handler(request, view)
      observe(name, 'ok', performance.now() - began)
      return response
    } catch (error) {
      observe(name, outcomeOf(error), performance.now() - began)
      return renderError(report(error))
    }
  }

  return async (request) => {
    const finding = findTarget(request.path)
    const target = finding instanceof Promise ? await finding : finding
    if (target === undefined || (target.workspace === systemWorkspace) !== systemOnly) return undefined
    const looking = registry.workspace(target.workspace)
    const view = looking instanceof Promise ? await looking : looking
    if (view === undefined || !view.workspace.enabled) return undefined
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const handler = target.endpoint.methods[method as 'GET' | 'POST']
    return handler === undefined ? methodNotAllowed(target.endpoint) : answer(handler, target.endpoint, request, view)
  }
}

/** The first router that knows a request answers it; 404 when none does. */
export const firstOf =
  (routers: readonly ((request: HttpRequest) => Promise<HttpResponse | undefined>)[], report: Report): HandleRequest =>
  async (request) => {
    try {
      for (const router of routers) {
        const response = await router(request)
        if (response !== undefined) return response
      }
      return notFound()
    } catch (error) {
      return renderError(report(error))
    }
  }
