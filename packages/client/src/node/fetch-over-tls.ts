import { type Agent, request } from 'node:https'
import { Readable } from 'node:stream'

/**
 * A `fetch` over the connections of one agent, for requests of this package: a body of text, and redirects handed back as
 * they are. What Node's own `fetch` takes instead of an agent belongs to a package that not everybody has.
 */
export const fetchOverTls =
  (agent: Agent): typeof globalThis.fetch =>
  (input, { method = 'GET', headers, body, signal } = {}) =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        input instanceof Request ? input.url : input,
        { agent, method, headers: headersOf(headers, body), ...(signal ? { signal } : {}) },
        (incoming) => {
          const { statusCode: status = 0, statusMessage: statusText = '', headersDistinct } = incoming
          const received = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
            values.map((value): [string, string] => [name, value]),
          )
          const empty = status === 204 || status === 205 || status === 304
          if (empty) incoming.resume()
          const stream = empty ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>)
          resolve(new Response(stream, { status, statusText, headers: received }))
        },
      )
      outgoing.on('error', reject)
      outgoing.end(typeof body === 'string' ? body : undefined)
    })

function headersOf(given: HeadersInit | undefined, body: unknown): Record<string, string> {
  const headers = Object.fromEntries(new Headers(given))
  return typeof body === 'string' ? { ...headers, 'content-length': String(Buffer.byteLength(body)) } : headers
}
