import { connect, createServer, type Socket } from 'node:net'
import { freePort } from '../free-port.ts'

/** A way to a server that a test can block. */
export type TcpProxy = {
  readonly port: number
  /** Lets nothing through any more, in both directions, and closes nothing: like a network that swallows packets. */
  readonly swallow: () => void
  /** Lets everything through again, also what came meanwhile. */
  readonly release: () => void
  /** Closes every connection there is. */
  readonly cut: () => void
  /** Where connections lead that are made from now on; those there are stay where they are. */
  readonly leadTo: (port: number) => void
  readonly close: () => Promise<void>
}

/** Passes connections on to a port of loopback. */
export const startTcpProxy = async (first: number): Promise<TcpProxy> => {
  let target = first
  const sockets = new Set<Socket>()
  let swallowing = false
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    if (swallowing) socket.pause()
  }
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1')
    keep(near)
    keep(far)
    near.on('data', (chunk) => far.write(chunk))
    far.on('data', (chunk) => near.write(chunk))
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
  })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    port,
    swallow: () => {
      swallowing = true
      for (const socket of sockets) socket.pause()
    },
    release: () => {
      swallowing = false
      for (const socket of sockets) socket.resume()
    },
    cut: () => {
      for (const socket of sockets) socket.destroy()
    },
    leadTo: (port) => {
      target = port
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
