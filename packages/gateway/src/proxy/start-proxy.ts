import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { OriginalRequest } from '../decision/original-request.ts'
import type { Refused } from '../decision/verdict.ts'
import { addressList, plainAddress } from '../operation/addresses.ts'
import { createListener, type Place } from '../operation/listener.ts'
import { failure } from '../operation/log.ts'
import { createOperations } from '../operation/operations.ts'
import { type CommonOptions, drainTimeout, type Running, setUp } from '../verifier/start-gateway.ts'
import { answer, answerError } from './answers.ts'
import { createForward } from './forward.ts'
import { messageProblem } from './message-problem.ts'
import { decidedHost, hasBody, requestHeaders } from './request-headers.ts'
import { readTls, type TlsFiles } from './tls-files.ts'
import { asksForWebSocket, createTunnel, responseOn } from './tunnel.ts'
import { createUpstream } from './upstream.ts'

export type ProxyOptions = CommonOptions & {
  /** The API: http or https, without a path. */
  readonly upstream: string
  /** Default: a free port of 127.0.0.1. */
  readonly listen?: Place | undefined
  /** PEM files of certificate chain and key, read again when they change. Default: no TLS. */
  readonly tls?: TlsFiles | undefined
  /** Where health and metrics are. Default: nowhere. */
  readonly operations?: Place | undefined
  /** Addresses and ranges of proxies whose `X-Forwarded-*` counts. Default: none. */
  readonly trusted?: readonly string[] | undefined
  /** Whether the API gets the `Host` of the caller; else its own. Default false. */
  readonly keepHost?: boolean | undefined
  /** Milliseconds until the API must have begun its answer. Default 60 000. */
  readonly upstreamTimeout?: number | undefined
  /** Milliseconds a caller has to send a whole request. Default 300 000. */
  readonly requestTimeout?: number | undefined
}

export type RunningProxy = Running & {
  /** Where health and metrics are. */
  readonly operationsUrl: string | undefined
}

/**
 * Starts a reverse proxy that lets through what the route table lets through.
 * @throws TableError for a bad table, OptionError for an upstream or trusted address that is none, or the listener's error
 */
export const startProxy = async (options: ProxyOptions): Promise<RunningProxy> => {
  const { listen = { host: '127.0.0.1', port: 0 }, tls, upstreamTimeout: timeout = 60_000 } = options
  const upstream = createUpstream(options.upstream)
  const trusted = addressList(options.trusted ?? [])
  const { point, statistics, log, watch } = setUp(options, true)
  const currentTime = options.currentTime ?? Date.now
  const onFailure = (reason: 'unreachable' | 'timeout' | 'broken', error: unknown): void => {
    statistics.countUpstreamFailure(reason)
    log.error('the API did not answer', { reason, ...failure(error) })
  }
  const forward = createForward({ upstream, timeout, draining: () => listener.draining(), onFailure })
  const tunnel = createTunnel({ upstream, timeout, onFailure })

  const { keepHost = false } = options
  const decide = async (request: IncomingMessage) => {
    const original = originalOf(request, decidedHost(request, { trusted, keepHost }))
    // Of the table that decides: another may be in use before it has.
    const { headerPrefix } = point.table()
    const verdict = await point.decide('proxy', original, plainAddress(request.socket.remoteAddress ?? ''))
    if (!verdict.passed) return verdict
    const headers = requestHeaders(request, verdict, {
      upstreamHost: upstream.host,
      keepHost,
      headerPrefix,
      trusted,
      overTls: tls !== undefined,
    })
    return { ...verdict, lines: headers }
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const problem = messageProblem(request)
    if (problem !== undefined) return answerError(response, problem.status, true)
    const verdict = await decide(request)
    if (response.destroyed) return
    if (!verdict.passed) return refuse(response, verdict, hasBody(request) || listener.draining())
    if (request.headers.expect !== undefined) response.writeContinue()
    forward(request, response, verdict.lines)
  }

  const upgrade = async (request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> => {
    socket.on('error', () => socket.destroy())
    const problem = messageProblem(request)
    if (problem !== undefined) return answerError(responseOn(request, socket), problem.status, true)
    const verdict = await decide(request)
    if (socket.destroyed) return
    if (!verdict.passed) return refuse(responseOn(request, socket), verdict, true)
    if (!asksForWebSocket(request) || hasBody(request)) return answerError(responseOn(request, socket), 501, true)
    const expiry = verdict.token?.expiresAt
    tunnel(request, socket, head, verdict.lines, expiry === undefined ? undefined : expiry * 1000 - currentTime())
  }

  const broken = (error: unknown, connection: ServerResponse | Socket): void => {
    log.error('request not handled', failure(error))
    connection.destroy()
  }

  const listener = createListener({
    place: listen,
    tls: tls && readTls(tls),
    maximumHeaders: 16_384,
    maximumConnections: 10_000,
    requestTimeout: options.requestTimeout ?? 300_000,
    handle: (request, response) => void handle(request, response).catch((error) => broken(error, response)),
    upgrade: (request, socket, head) => void upgrade(request, socket, head).catch((error) => broken(error, socket)),
  })

  const operations = createOperations({ statistics, draining: () => listener.draining() })
  const operationsListener =
    options.operations &&
    createListener({
      place: options.operations,
      maximumHeaders: 16_384,
      maximumConnections: 100,
      requestTimeout: 30_000,
      handle: (request, response) => {
        if (!operations(request, response)) response.writeHead(404, { 'Content-Length': 0 }).end()
      },
    })
  const operationsUrl = await operationsListener?.listen()
  const url = await listener.listen().catch(async (error: unknown) => {
    await operationsListener?.close(0)
    throw error
  })
  const reload = (): boolean => {
    const loaded = point.reload()
    if (tls === undefined) return loaded
    try {
      listener.renewTls(readTls(tls))
      return loaded
    } catch (error) {
      log.error('certificate refused, the one in use stays', failure(error))
      return false
    }
  }
  const unwatch = watch(tls === undefined ? [] : [tls.certFile, tls.keyFile], reload)
  await point.prepare()
  return {
    url,
    operationsUrl,
    reload,
    metrics: statistics.text,
    close: async ({ timeout: drain = drainTimeout } = {}) => {
      unwatch()
      const cut = await listener.close(drain)
      await operationsListener?.close(0)
      upstream.close()
      return { cut }
    },
  }
}

const originalOf = (request: IncomingMessage, host: string | undefined): OriginalRequest => {
  const { headersDistinct, method = '', url = '' } = request
  return {
    method,
    target: url,
    host,
    header: (name) => headersDistinct[name] ?? [],
    headerNames: Object.keys(headersDistinct),
  }
}

const refuse = (response: ServerResponse, { status, headers, body }: Refused, lastOne: boolean): void =>
  answer(response, status, headers, body, lastOne)
