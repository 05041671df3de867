import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { answerError, isAnswer, relay } from './answers.ts'
import { eachLine, endsHere, type HeaderLines } from './hop-by-hop.ts'
import type { Upstream } from './upstream.ts'

export type TunnelOptions = {
  readonly upstream: Upstream
  /** Milliseconds until the API must have answered. */
  readonly timeout: number
  readonly onFailure: (reason: 'unreachable' | 'timeout', error: unknown) => void
}

/** A response on the socket of a request to switch protocols, for which Node makes none. */
export const responseOn = (request: IncomingMessage, socket: Socket): ServerResponse => {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  response.on('finish', () => {
    response.detachSocket(socket)
    socket.end()
  })
  return response
}

/** Whether a request asks for a WebSocket (RFC 6455 §4.2.1), the only protocol that is switched to. */
export const asksForWebSocket = ({ method, headers, httpVersion }: IncomingMessage): boolean =>
  method === 'GET' && httpVersion === '1.1' && headers.upgrade?.toLowerCase() === 'websocket'

/**
 * Passes a WebSocket on. It is cut when the token that opened it expires: nobody checks a token again on an open one.
 * @param lifetime milliseconds; undefined on a public route
 */
export const createTunnel =
  ({ upstream, timeout, onFailure }: TunnelOptions) =>
  (
    request: IncomingMessage,
    socket: Socket,
    head: Buffer,
    headers: HeaderLines,
    lifetime: number | undefined,
  ): void => {
    const sent = upstream.open(
      'GET',
      request.url ?? '/',
      [...headers, 'Connection', 'Upgrade', 'Upgrade', 'websocket'],
      true,
    )
    let late = false
    sent.setTimeout(timeout, () => {
      late = true
      sent.destroy()
    })
    sent.on('error', (error) => {
      if (socket.destroyed) return
      onFailure(late ? 'timeout' : 'unreachable', error)
      answerError(responseOn(request, socket), late ? 504 : 502, true)
    })
    sent.on('response', (from) => {
      sent.setTimeout(0)
      if (!isAnswer(from)) {
        sent.destroy(new TypeError(`an answer with the status ${from.statusCode}`))
        return
      }
      relay(from, responseOn(request, socket), true)
    })
    sent.on('upgrade', (from, other: Socket, otherHead) => {
      sent.setTimeout(0)
      socket.write(switching(from))
      if (otherHead.length > 0) socket.write(otherHead)
      if (head.length > 0) other.write(head)
      join(socket, other, lifetime)
    })
    socket.on('close', () => sent.destroy())
    sent.end()
  }

/** The head of the answer that switches protocols. */
const switching = ({ rawHeaders }: IncomingMessage): string => {
  const ends = endsHere(rawHeaders)
  let text = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
  eachLine(rawHeaders, (name, value, asSent) => {
    if (!ends(name)) text += `${asSent}: ${value}\r\n`
  })
  return `${text}\r\n`
}

/** Longest time a timer can wait, in milliseconds. */
const longestWait = 2_147_483_647

const join = (one: Socket, other: Socket, lifetime: number | undefined): void => {
  const cut = (): void => {
    one.destroy()
    other.destroy()
  }
  const expiry = lifetime === undefined ? undefined : setTimeout(cut, Math.min(Math.max(0, lifetime), longestWait))
  for (const socket of [one, other]) {
    socket.setTimeout(0)
    socket.setNoDelay(true)
    socket.on('error', cut)
    socket.on('close', () => {
      clearTimeout(expiry)
      cut()
    })
  }
  one.pipe(other)
  other.pipe(one)
}
