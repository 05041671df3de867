import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { ApiRequest } from '../api-request.ts'
import type { RefusalResponse } from '../challenge.ts'

/** A request of `node:http`, `node:http2` or of something that plays one, such as an injected or a serverless request. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders?: readonly string[]
  /** A socket with TLS knows the client's certificate. */
  readonly socket?: unknown
}

/** What of a request of Node the decision needs; `url` is the target before any router took a part away. */
export function nodeRequest(request: NodeRequest, url: string | undefined): ApiRequest {
  return {
    method: request.method ?? 'GET',
    url: url ?? '/',
    header: (name) => headerLines(request, name),
    certificate: () => certificateOf(request.socket),
  }
}

/** The certificate the client proved to have the key of in its handshake, DER; undefined without TLS, or when it sent none. */
function certificateOf(socket: unknown): Uint8Array | undefined {
  const { getPeerCertificate } = (socket ?? {}) as { readonly getPeerCertificate?: unknown }
  if (typeof getPeerCertificate !== 'function') return undefined
  const { raw } = (getPeerCertificate.call(socket) ?? {}) as { readonly raw?: unknown }
  return raw instanceof Uint8Array ? raw : undefined
}

/** The lines as they came: `headers` keeps the first of two Authorization lines and hides the second. */
function headerLines({ headers, rawHeaders = [] }: NodeRequest, name: string): readonly string[] {
  const lines: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const value = rawHeaders[index + 1]
    if (value !== undefined && rawHeaders[index]?.toLowerCase() === name) lines.push(value)
  }
  if (lines.length > 0) return lines
  // Some requests that never were on a socket have no raw headers.
  const value = headers[name]
  return value === undefined ? [] : typeof value === 'string' ? [value] : value
}

/** Sends an answer; headers that the response has already, such as those of CORS, stay. */
export function send(response: ServerResponse, { status, headers, body }: RefusalResponse): void {
  // Something else, such as a limit of time, answered while it was decided; a second answer would be an exception.
  if (response.headersSent) return
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.end(body)
}
