import type { IncomingHttpHeaders } from 'node:http'
import type { RunningServer } from '@mintmark/server'

/**
 * A `fetch` that answers requests to a server of this process without a connection, so that they need no route, no name
 * and no certificate to the server's own public URL. All others go the usual way.
 */
export const localFetch = ({
  publicUrl,
  answerPublic,
}: Pick<RunningServer, 'publicUrl' | 'answerPublic'>): typeof fetch => {
  const { origin, pathname } = new URL(publicUrl)
  // What a proxy in front takes away before the server sees the path; RFC 8414 §3.1 inserts before it.
  const base = pathname.replace(/\/$/, '')
  const localPath = (path: string): string | undefined => {
    const [, inserted = '', rest = path] = /^(\/\.well-known\/[^/]+)(\/.*)$/.exec(path) ?? []
    return rest.startsWith(`${base}/`) ? `${inserted}${rest.slice(base.length)}` : undefined
  }
  return async (input, init) => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    const path = url.origin === origin ? localPath(url.pathname) : undefined
    if (path === undefined) return fetch(request)
    const headers: IncomingHttpHeaders = Object.fromEntries(request.headers)
    const {
      status,
      headers: answered,
      body,
    } = await answerPublic({
      method: request.method,
      path,
      query: url.search.slice(1),
      headers,
      rawHeaders: Object.entries(headers).flatMap(([name, value]) => [name, String(value)]),
      body: new Uint8Array(await request.arrayBuffer()),
      address: '127.0.0.1',
    })
    return new Response(status === 204 ? null : (body as BodyInit | undefined), { status, headers: answered })
  }
}
