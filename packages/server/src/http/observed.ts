import type { Log } from '../lib/log.ts'
import type { HttpRequest, HttpResponse } from '../lib/message.ts'
import type { ObserveRequest } from '../operations/statistics.ts'
import type { HandleRequest } from './router.ts'

type Router = (request: HttpRequest) => Promise<HttpResponse | undefined>

/** Counts what a router answers under one name, by `ok` or the HTTP status. */
export const observed =
  (name: string, router: Router, observe: ObserveRequest): Router =>
  async (request) => {
    const began = performance.now()
    const response = await router(request)
    if (response !== undefined) {
      observe(name, response.status < 400 ? 'ok' : String(response.status), performance.now() - began)
    }
    return response
  }

/** Writes a debug line for each request, without its query, headers and body; costs nothing when nobody debugs. */
export const logged = (handle: HandleRequest, log: Log): HandleRequest => {
  if (!log.debugging) return handle
  return async (request) => {
    const began = performance.now()
    const response = await handle(request)
    log.debug('request', {
      method: request.method,
      path: request.path,
      status: response.status,
      milliseconds: Math.round((performance.now() - began) * 100) / 100,
      reference: response.headers['mintmark-reference'],
      address: request.address,
    })
    return response
  }
}
