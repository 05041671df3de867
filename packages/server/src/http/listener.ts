import type { Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import { OAuthError } from '@mintmark/protocol'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { HttpRequest, HttpResponse } from '../lib/message.ts'
import { plainAddress } from '../policy/addresses.ts'
import { renderError } from './render-error.ts'
import type { HandleRequest } from './router.ts'
import { type TlsMaterial, tlsRules } from './tls.ts'

/** What a listener accepts at the most. Sizes in bytes, times in milliseconds. */
export type Limits = {
  readonly body: number
  readonly headers: number
  readonly connections: number
  readonly headersTimeout: number
  readonly requestTimeout: number
  readonly keepAliveTimeout: number
}

export type Listener = {
  /** Resolves with the port it got; rejects when it cannot have it (EADDRINUSE, EACCES). */
  readonly listen: () => Promise<number>
  /** New connections get this certificate; those open keep theirs. Nothing on a listener without TLS. */
  readonly renewTls: (material: TlsMaterial) => void
  /** Stops accepting, answers what was accepted, then resolves. */
  readonly close: () => Promise<void>
}

/** On every answer: nothing is sniffed, framed, referred from or kept by a browser (OWASP). */
const securityHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
}

const emptyBody = new Uint8Array(0)

const toRequest = (request: FastifyRequest): HttpRequest => {
  const url = request.raw.url ?? '/'
  const mark = url.indexOf('?')
  return {
    method: request.method,
    path: mark === -1 ? url : url.slice(0, mark),
    query: mark === -1 ? '' : url.slice(mark + 1),
    headers: request.raw.headers,
    rawHeaders: request.raw.rawHeaders,
    body: (request.body as Uint8Array | undefined) ?? emptyBody,
    address: plainAddress(request.raw.socket.remoteAddress ?? ''),
  }
}

const send = (reply: FastifyReply, response: HttpResponse): FastifyReply =>
  reply.code(response.status).headers(securityHeaders).headers(response.headers).send(response.body)

/** Errors of the HTTP layer itself, before any endpoint saw the request. */
const httpError = (error: { readonly statusCode?: number; readonly code?: string }): OAuthError => {
  const status = error.statusCode ?? 500
  if (status === 413) {
    return new OAuthError('invalid_request', 'The request body is too large.', {
      status,
      headers: { connection: 'close' },
    })
  }
  if (status >= 400 && status < 500) {
    return new OAuthError('invalid_request', 'The request is not well-formed.', { status })
  }
  return new OAuthError('server_error', 'The server failed to process the request.')
}

const plainRefusal = (socket: Socket, status: string): void => {
  if (!socket.writable) return
  const body = '{"error":"invalid_request","error_description":"The request is not well-formed."}'
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
}

const clientErrors: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** An HTTP listener over one handler. Everything Fastify is in this file. */
export const createListener = ({
  host,
  port,
  tls,
  limits,
  handle,
}: {
  readonly host: string
  readonly port: number
  readonly tls: TlsMaterial | undefined
  readonly limits: Limits
  readonly handle: HandleRequest
}): Listener => {
  const shared = {
    bodyLimit: limits.body,
    requestTimeout: limits.requestTimeout,
    keepAliveTimeout: limits.keepAliveTimeout,
    forceCloseConnections: 'idle' as const,
    return503OnClosing: false,
    exposeHeadRoutes: false,
    clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) => {
      if (error.code === 'ECONNRESET') return
      plainRefusal(socket, clientErrors[error.code ?? ''] ?? '400 Bad Request')
    },
  }
  const options = {
    maxHeaderSize: limits.headers,
    headersTimeout: limits.headersTimeout,
    connectionsCheckingInterval: 1000,
  }
  const app = (tls === undefined
    ? fastify({ ...shared, http: options })
    : fastify({ ...shared, https: { ...options, ...tlsRules, ...tls } })) as unknown as FastifyInstance
  app.server.maxConnections = limits.connections
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) =>
    send(reply, renderError(httpError(error))),
  )
  app.setNotFoundHandler(async (request, reply) => send(reply, await handle(toRequest(request))))
  app.all('*', async (request, reply) => send(reply, await handle(toRequest(request))))
  return {
    listen: async () => {
      await app.listen({ host, port })
      const address = app.server.address()
      return typeof address === 'object' && address !== null ? address.port : port
    },
    renewTls: (material) => {
      if (tls === undefined) return
      const server = app.server as unknown as HttpsServer
      server.setSecureContext({ ...tlsRules, ...material })
    },
    close: () => app.close(),
  }
}
