import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

/** Where to listen; port 0 takes a free one. */
export type Place = { readonly host: string; readonly port: number }

/** PEM texts of a listener with TLS. */
export type TlsMaterial = { readonly cert: string; readonly key: string }

/** A listener that can be drained. */
export type Listener = {
  readonly server: Server
  /** Resolves with the URL it listens at; rejects when it cannot (EADDRINUSE, EACCES). */
  readonly listen: () => Promise<string>
  readonly draining: () => boolean
  /** New connections get this certificate; those open keep theirs. @throws Error when it cannot be used */
  readonly renewTls: (material: TlsMaterial) => void
  /**
   * Stops accepting and waits for what was accepted; after `timeout` milliseconds it is cut.
   * @returns how many connections were cut
   */
  readonly close: (timeout: number) => Promise<number>
}

export type ListenerOptions = {
  readonly place: Place
  readonly tls?: TlsMaterial | undefined
  /** Largest request line and headers together, in bytes. */
  readonly maximumHeaders: number
  readonly maximumConnections: number
  /** Milliseconds for a whole request to arrive; 0 for ever. */
  readonly requestTimeout: number
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void
  /** Requests to switch protocols. Default: they are requests like others. */
  readonly upgrade?: (request: IncomingMessage, socket: Socket, head: Buffer) => void
}

const tlsRules = { minVersion: 'TLSv1.2' } as const
const headersTimeout = 10_000
const keepAliveTimeout = 75_000
/** How long a connection that has asked nothing yet may still do so once we stop, in milliseconds. */
const lastChance = 250

export const createListener = (options: ListenerOptions): Listener => {
  const { place, tls, handle } = options
  let draining = false
  const settings = {
    maxHeaderSize: options.maximumHeaders,
    headersTimeout,
    requestTimeout: options.requestTimeout,
    keepAliveTimeout,
    connectionsCheckingInterval: 1000,
    insecureHTTPParser: false,
    noDelay: true,
  }
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    if (draining) response.setHeader('Connection', 'close')
    handle(request, response)
  }
  const server: Server =
    tls === undefined
      ? createServer(settings, listener)
      : createTlsServer({ ...settings, ...tlsRules, ...tls, handshakeTimeout: headersTimeout }, listener)
  server.maxConnections = options.maximumConnections
  server.maxHeadersCount = 0
  const open = new Set<Socket>()
  const silent = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  // Over TLS the connection that requests come on is another object, and there is one only after the handshake.
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    silent.add(socket)
    socket.once('close', () => silent.delete(socket))
  })
  server.on('request', ({ socket }: IncomingMessage) => silent.delete(socket))
  // A caller that waits for a word before it sends its body gets it from whoever handles the request.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
    server.emit('request', request, response),
  )
  if (options.upgrade !== undefined) {
    const { upgrade } = options
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      silent.delete(request.socket)
      upgrade(request, socket, head)
    })
  }

  return {
    server,
    draining: () => draining,
    renewTls: (material) => (server as unknown as TlsServer).setSecureContext({ ...tlsRules, ...material }),
    listen: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(place.port, place.host, () => {
          server.off('error', reject)
          const { address, port, family } = server.address() as AddressInfo
          const host = family === 'IPv6' ? `[${address}]` : address
          resolve(`${tls === undefined ? 'http' : 'https'}://${host}:${port}`)
        })
      }),
    close: async (timeout) => {
      draining = true
      let cut = 0
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      const quiet = setTimeout(() => {
        for (const socket of silent) socket.destroy()
      }, lastChance)
      const late = setTimeout(() => {
        cut = open.size
        for (const socket of open) socket.destroy()
      }, timeout)
      await closed
      clearTimeout(quiet)
      clearTimeout(late)
      return cut
    },
  }
}
