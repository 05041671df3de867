import type { Socket } from 'node:net'

/** Connections that are not read for a while: what their callers send stays with the operating system. */
export type HeldConnections = {
  readonly hold: (socket: Socket) => void
  readonly size: () => number
  /** Reads all of them again, and holds none any more. */
  readonly releaseAll: () => void
}

/** How often connections are released, in milliseconds. */
export const releaseInterval = 10
/** Nobody is held for longer, in milliseconds: as long as `Retry-After` asks for. */
const longest = 1000

/** Reading is stopped where libuv does it: an HTTP server takes the bytes of a connection without its stream, so that `pause` has no effect. */
type Handle = { readonly readStop?: () => unknown; readonly readStart?: () => unknown }
const handleOf = (socket: Socket): Handle | null | undefined =>
  (socket as unknown as { readonly _handle?: Handle | null })._handle

/**
 * Holds back connections whose callers were refused, longest first released. A caller who is told at once comes back at once: a
 * server that read them all would spend its time on refusing.
 * @param room how many may be released now; asked every 10 ms while any is held
 * @param elapsed milliseconds that never jump
 */
export const createHeldConnections = ({
  room,
  elapsed,
  later,
}: {
  readonly room: () => number
  readonly elapsed: () => number
  readonly later: (action: () => void, milliseconds: number) => void
}): HeldConnections => {
  const held = new Map<Socket, number>()
  let closed = false

  const release = (socket: Socket): boolean => {
    held.delete(socket)
    if (socket.destroyed) return false
    handleOf(socket)?.readStart?.()
    return true
  }

  const releaseSome = (): void => {
    const now = elapsed()
    let left = room()
    for (const [socket, since] of held) {
      if (left <= 0 && now - since < longest) break
      if (release(socket)) left -= 1
    }
    if (held.size > 0) later(releaseSome, releaseInterval)
  }

  return {
    hold: (socket) => {
      const handle = handleOf(socket)
      if (closed || held.has(socket) || handle?.readStop === undefined || handle.readStart === undefined) return
      handle.readStop()
      if (held.size === 0) later(releaseSome, releaseInterval)
      held.set(socket, elapsed())
    },
    size: () => held.size,
    releaseAll: () => {
      closed = true
      for (const socket of held.keys()) release(socket)
    },
  }
}
