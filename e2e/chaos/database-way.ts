import { connect, createServer, type Socket } from 'node:net'

/** The way of one node to the database, as a network and a name in it: it can be slow, swallow everything, break, or lead elsewhere. */
export type DatabaseWay = {
  readonly port: number
  /** Lets everything through later by so many milliseconds, in each direction; 0 is as before. */
  readonly delay: (milliseconds: number) => void
  /** Lets nothing through any more and closes nothing, as a network does that loses packets; or all of it again. */
  readonly swallow: (on: boolean) => void
  /** Where connections lead that are made from now on; those there are break. */
  readonly leadTo: (port: number) => void
  /** Ports of its connections at this end, those that are over included: PostgreSQL names them in `pg_stat_activity`. */
  readonly clientPorts: ReadonlySet<number>
  readonly close: () => Promise<void>
}

export const startDatabaseWay = async (first: number): Promise<DatabaseWay> => {
  const sockets = new Set<Socket>()
  const clientPorts = new Set<number>()
  let target = first
  let late = 0
  let swallowing = false
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    if (swallowing) socket.pause()
  }
  const pass = (from: Socket, to: Socket): void => {
    from.on('data', (chunk) => {
      if (late === 0) to.write(chunk)
      else setTimeout(() => to.destroyed || to.write(chunk), late)
    })
    from.on('close', () => to.destroy())
  }
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1')
    keep(near)
    keep(far)
    far.on('connect', () => clientPorts.add(far.localPort ?? 0))
    pass(near, far)
    pass(far, near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    delay: (milliseconds) => {
      late = milliseconds
    },
    swallow: (on) => {
      swallowing = on
      for (const socket of sockets) on ? socket.pause() : socket.resume()
    },
    leadTo: (port) => {
      target = port
      for (const socket of sockets) socket.destroy()
    },
    clientPorts,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
