import { type HttpRequest, type HttpResponse, json, noStore } from '../lib/message.ts'
import type { Metrics } from './metrics.ts'
import type { Readiness } from './readiness.ts'

/** The versions `/version` tells. */
export type Versions = { readonly version: string; readonly node: string; readonly sqlite: string }

type Operation = { readonly path: string; readonly answer: () => Promise<HttpResponse> | HttpResponse }

/**
 * What an operator's machinery asks, on the management listener and without credentials: is it alive, is it ready, how
 * does it do, what is it. Nothing here names a client or tells a secret.
 */
export const createOperations = ({
  readiness,
  metrics,
  versions,
}: {
  readonly readiness: Readiness
  readonly metrics: Metrics
  readonly versions: Versions
}): ((request: HttpRequest) => Promise<HttpResponse | undefined>) => {
  const operations: readonly Operation[] = [
    // Alive is who answers: a server that waits for its store must not be restarted for it.
    { path: '/health/live', answer: () => json(200, { status: 'live' }, noStore) },
    {
      path: '/health/ready',
      answer: async () => {
        const reasons = await readiness.reasons()
        return reasons.length === 0
          ? json(200, { status: 'ready' }, noStore)
          : json(503, { status: 'not ready', reasons }, { ...noStore, 'retry-after': '1' })
      },
    },
    {
      path: '/metrics',
      answer: async () => ({
        status: 200,
        headers: { ...noStore, 'content-type': metrics.contentType },
        body: await metrics.read(),
      }),
    },
    { path: '/version', answer: () => json(200, versions, noStore) },
  ]
  const byPath = new Map(operations.map((operation) => [operation.path, operation]))
  return async ({ method, path }) => {
    const operation = byPath.get(path)
    if (operation === undefined) return undefined
    if (method === 'GET' || method === 'HEAD') return operation.answer()
    return json(
      405,
      { error: 'invalid_request', error_description: 'The method is not allowed here.' },
      { ...noStore, allow: 'GET, HEAD' },
    )
  }
}
