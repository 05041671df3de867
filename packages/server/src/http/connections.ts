import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** How long a connection that has not asked anything yet may still do so once we stop, in milliseconds. */
const lastChance = 250

/** The open connections of a listener: what is being answered on each, and closing them all. */
export type Connections = {
  /** Requests of this connection that wait for their answer, one that is still arriving included. */
  readonly unanswered: (socket: Socket) => number
  /** Runs an action once all requests of this connection that arrived whole have their answer. */
  readonly afterAnswers: (socket: Socket, action: () => void) => void
  /** Closes connections that never asked anything: Node takes them for busy. */
  readonly closeSilent: () => void
  /** Cuts every connection; returns how many there were. */
  readonly cutAll: () => number
}

type Asked = { unanswered: number; latest: IncomingMessage; afterAnswers: (() => void) | undefined }

export const trackConnections = (server: Server): Connections => {
  const open = new Set<Socket>()
  const silent = new Set<Socket>()
  const asked = new Map<Socket, Asked>()

  const settle = ({ unanswered, latest, afterAnswers }: Asked): void => {
    if (unanswered <= (latest.complete ? 0 : 1)) afterAnswers?.()
  }

  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  // Over TLS the connection that requests come on is another object, and there is one only after the handshake.
  const arrived = (socket: Socket): void => {
    silent.add(socket)
    socket.once('close', () => {
      silent.delete(socket)
      asked.delete(socket)
    })
  }
  server.on('setSecureContext' in server ? 'secureConnection' : 'connection', arrived)
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request
    silent.delete(socket)
    const state = asked.get(socket) ?? { unanswered: 0, latest: request, afterAnswers: undefined }
    state.unanswered += 1
    state.latest = request
    asked.set(socket, state)
    response.once('close', () => {
      state.unanswered -= 1
      settle(state)
    })
  })

  return {
    unanswered: (socket) => asked.get(socket)?.unanswered ?? 0,
    afterAnswers: (socket, action) => {
      const state = asked.get(socket)
      if (state === undefined) return action()
      state.afterAnswers = () => {
        state.afterAnswers = undefined
        action()
      }
      settle(state)
    },
    closeSilent: () => {
      const close = (): void => {
        for (const socket of silent) socket.destroy()
      }
      setTimeout(close, lastChance).unref()
    },
    cutAll: () => {
      const cut = open.size
      for (const socket of open) socket.destroy()
      return cut
    },
  }
}
