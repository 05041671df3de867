import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import { OAuthError } from '@mintmark/protocol'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { HttpRequest, HttpResponse } from '../lib/message.ts'
import { plainAddress } from '../policy/addresses.ts'
import { type CertificateProxy, forwardedCertificates } from './certificate-headers.ts'
import { certificateRequest, connectionCertificates, withoutResumption } from './connection-certificates.ts'
import { trackConnections } from './connections.ts'
import { refuseEarly, type TurnAway } from './early-refusal.ts'
import { type AddressProxy, createFindCaller, type FindCaller } from './forwarded-address.ts'
import { limitLargeBodies, smallBody } from './large-bodies.ts'
import { type PlainStatus, refusePlainly } from './plain-refusal.ts'
import { renderError } from './render-error.ts'
import { assertAcceptable, splitTarget } from './request-line.ts'
import type { HandleRequest } from './router.ts'
import { securityHeaders, securityHeadersOverTls } from './security-headers.ts'
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
  /** From now on every answer asks its caller to close the connection; new ones are still accepted. */
  readonly drain: () => void
  /**
   * Stops accepting, closes idle connections and answers what was accepted.
   * @param timeout milliseconds after which what is left is cut
   * @returns how many connections were cut
   */
  readonly close: (timeout: number) => Promise<number>
}

/** What never reached a handler, for counters. */
export type ConnectionProblem = 'malformed' | 'timed-out' | 'too-large' | 'over-limit'

const emptyBody = new Uint8Array(0)

/** The target as sent: Fastify's router sees one constant instead, and never an address it could choke on. */
const targetOf = ({ originalUrl, url }: IncomingMessage & { readonly originalUrl?: string }): string =>
  originalUrl ?? url ?? '/'

/** Where the certificates of clients come from on a listener: their TLS handshakes, or configured proxies. */
export type CertificateSource = 'connection' | CertificateProxy

const certificatesOf = (source: CertificateSource | undefined, { socket, rawHeaders }: IncomingMessage) => {
  if (source === undefined) return undefined
  return source === 'connection'
    ? connectionCertificates(socket)
    : forwardedCertificates(source, rawHeaders, plainAddress(socket.remoteAddress ?? ''))
}

const ofConnection: FindCaller = (_headers, connection) => connection

const toRequest = (
  { raw, method, body }: FastifyRequest,
  certificateSource: CertificateSource | undefined,
  findCaller: FindCaller,
): HttpRequest => {
  assertAcceptable(raw)
  const certificates = certificatesOf(certificateSource, raw)
  return {
    method,
    ...splitTarget(targetOf(raw)),
    headers: raw.headers,
    rawHeaders: raw.rawHeaders,
    body: (body as Uint8Array | undefined) ?? emptyBody,
    address: findCaller(raw.headers, plainAddress(raw.socket.remoteAddress ?? '')),
    ...(certificates === undefined ? {} : { certificates }),
  }
}

/** Errors of the HTTP layer itself, before any endpoint saw the request. */
const httpError = (error: { readonly statusCode?: number }): OAuthError => {
  if (error instanceof OAuthError) return error
  const status = error.statusCode ?? 500
  if (status >= 400 && status < 500) {
    const description = status === 413 ? 'The request body is too large.' : 'The request is not well-formed.'
    return new OAuthError('invalid_request', description, { status, headers: { connection: 'close' } })
  }
  return new OAuthError('server_error', 'The server failed to process the request.')
}

const clientErrors: Readonly<Record<string, PlainStatus>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Content Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** An HTTP listener over one handler. Everything Fastify is in this file. */
export const createListener = ({
  host,
  port,
  tls,
  strictTransport = false,
  certificateSource,
  addressProxy,
  limits,
  handle,
  onProblem = () => {},
  holdBack = () => {},
  turnAway,
}: {
  readonly host: string
  readonly port: number
  readonly tls: TlsMaterial | undefined
  /** Whether clients are told never to come without TLS (RFC 6797). */
  readonly strictTransport?: boolean
  /** Without one, no request has certificates, whatever it says. */
  readonly certificateSource?: CertificateSource | undefined
  /** Without one, the address of a caller is that of its connection. */
  readonly addressProxy?: AddressProxy | undefined
  readonly limits: Limits
  readonly handle: HandleRequest
  /** Told of each connection or request that was turned away before any handler saw it. */
  readonly onProblem?: (problem: ConnectionProblem) => void
  /** Told of each connection whose caller was refused for want of room. */
  readonly holdBack?: (socket: Socket) => void
  /** Asked about each request before its body is read. */
  readonly turnAway?: TurnAway
}): Listener => {
  const asks = certificateSource === 'connection'
  // Settings of TLS itself; a renewed certificate must not lose them.
  const rules = asks ? { ...tlsRules, ...withoutResumption } : tlsRules
  const everywhere = strictTransport ? securityHeadersOverTls : securityHeaders
  const findCaller = addressProxy === undefined ? ofConnection : createFindCaller(addressProxy)
  let draining = false

  const shared = {
    bodyLimit: limits.body,
    requestTimeout: limits.requestTimeout,
    keepAliveTimeout: limits.keepAliveTimeout,
    forceCloseConnections: 'idle' as const,
    return503OnClosing: false,
    exposeHeadRoutes: false,
    rewriteUrl: () => '/',
    clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') {
        socket.destroy()
        return
      }
      // It was refused already; that it ends in the middle of what it was sending is no second problem.
      if (socket.writableEnded) {
        socket.destroy()
        return
      }
      const status = clientErrors[error.code ?? ''] ?? '400 Bad Request'
      onProblem(status.startsWith('408') ? 'timed-out' : status.startsWith('400') ? 'malformed' : 'too-large')
      // What came before on this connection is answered first: an error in its place would be taken for its answer.
      connections.afterAnswers(socket, () => refusePlainly(socket, status, everywhere))
    },
  }
  const options = {
    maxHeaderSize: limits.headers,
    headersTimeout: limits.headersTimeout,
    connectionsCheckingInterval: Math.max(50, Math.min(1000, limits.headersTimeout / 4)),
    requireHostHeader: false,
  }
  const app = (tls === undefined
    ? fastify({ ...shared, http: options })
    : fastify({
        ...shared,
        https: {
          ...options,
          handshakeTimeout: limits.headersTimeout,
          ...rules,
          ...(asks ? certificateRequest : {}),
          ...tls,
        },
      })) as unknown as FastifyInstance
  const { server } = app
  if (turnAway !== undefined) {
    const unlessDraining: TurnAway = (request) => (draining ? undefined : turnAway(request))
    refuseEarly(server, { turnAway: unlessDraining, bodyLimit: limits.body, everywhere, holdBack })
  }
  const connections = trackConnections(server)
  server.maxConnections = limits.connections
  server.maxHeadersCount = 0
  server.on('drop', () => onProblem('over-limit'))
  server.on('connect', (_request, socket) => refusePlainly(socket as Socket, '405 Method Not Allowed', everywhere))
  server.on('checkExpectation', ({ socket }: IncomingMessage) =>
    refusePlainly(socket, '417 Expectation Failed', everywhere),
  )
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    // A caller that asks before it sends is told before it sends.
    if (!(Number(request.headers['content-length']) > limits.body)) response.writeContinue()
    server.emit('request', request, response)
  })

  const send = (reply: FastifyReply, response: HttpResponse): FastifyReply => {
    reply.code(response.status).headers(everywhere).headers(response.headers)
    if (draining) reply.header('connection', 'close')
    return reply.send(response.body)
  }
  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const response = await handle(toRequest(request, certificateSource, findCaller))
    if (response.holdBack === true && !draining) holdBack(request.raw.socket)
    return send(reply, response)
  }

  if (limits.body > smallBody) {
    const limitLarge = limitLargeBodies(limits.body)
    app.addHook('onRequest', async ({ raw }, reply) => limitLarge(raw, reply.raw))
  }
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.setErrorHandler((error: Error & { statusCode?: number }, { raw }, reply) => {
    const problem = httpError(error)
    if (problem.status === 413) {
      onProblem('too-large')
      if (connections.unanswered(raw.socket) === 1) {
        reply.hijack()
        refusePlainly(raw.socket, '413 Content Too Large', everywhere)
        return reply
      }
    }
    return send(reply, renderError(problem))
  })
  app.setNotFoundHandler(answer)
  app.all('*', answer)
  return {
    listen: async () => {
      await app.listen({ host, port })
      const address = server.address()
      return typeof address === 'object' && address !== null ? address.port : port
    },
    renewTls: (material) => {
      if (tls === undefined) return
      ;(server as unknown as HttpsServer).setSecureContext({ ...rules, ...material })
    },
    drain: () => {
      draining = true
    },
    close: async (timeout) => {
      draining = true
      let cut = 0
      const late = setTimeout(() => {
        cut = connections.cutAll()
      }, timeout)
      connections.closeSilent()
      await app.close()
      clearTimeout(late)
      return cut
    },
  }
}
