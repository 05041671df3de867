import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * A port for a program that has to be told one. It lies below those that systems give to whoever asks for any, so that no
 * other test gets it before the program listens.
 */
export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const port = randomInt(20_000, 32_000)
    const listener = createServer()
    listener.once('error', () => resolve(freePort()))
    listener.listen(port, '127.0.0.1', () => listener.close(() => resolve(port)))
  })
