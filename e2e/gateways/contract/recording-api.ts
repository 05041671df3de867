import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it arrived at the API, behind whatever gateway. */
export type Arrived = {
  readonly method: string
  /** The request target, byte for byte. */
  readonly target: string
  /** Every header line in order, names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Length of its body, in bytes. */
  readonly bytes: number
}

export type RecordingApi = {
  readonly url: string
  /** Every request that arrived, complete or not: what is written here was let in. */
  readonly arrivals: readonly Pick<Arrived, 'method' | 'target'>[]
  readonly close: () => Promise<void>
}

/** An API that knows nothing of tokens: it does as it is told, and answers with what it was told. */
export const startRecordingApi = async (): Promise<RecordingApi> => {
  const arrivals: Pick<Arrived, 'method' | 'target'>[] = []
  const server = createServer((request, response) => {
    const { method = '', url: target = '' } = request
    arrivals.push({ method, target })
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    request.on('end', () => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'X-Api': 'reached' })
      response.end(JSON.stringify({ method, target, headers: linesOf(request), bytes } satisfies Arrived))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrivals,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const linesOf = ({ rawHeaders }: IncomingMessage): Arrived['headers'] =>
  Array.from({ length: rawHeaders.length / 2 }, (_, index) => [
    String(rawHeaders[2 * index]).toLowerCase(),
    String(rawHeaders[2 * index + 1]),
  ])
