import { connect } from 'node:net'
import type { VectorRequest } from './vector.ts'

/** What came back, or that the connection was closed without an answer. */
export interface RawAnswer {
  /** 0 when the connection was closed without an answer. */
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

/**
 * Sends a request octet by octet as a vector has it, on a connection of its own: an HTTP client would refuse to send
 * half of them.
 */
export function rawRequest(url: string, { method, path, headers, body = '' }: VectorRequest): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  const length: VectorRequest['headers'] = body === '' ? [] : [['Content-Length', String(Buffer.byteLength(body))]]
  const lines = [['Host', 'api.example'], ...headers, ...length, ['Connection', 'close']]
  const head = [`${method} ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`)].join('\r\n')
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    const socket = connect({ host: hostname, port: Number(port) })
    // A server that has refused resets the connection while we are still sending; what it said counts.
    const finish = (error?: Error) => {
      socket.destroy()
      if (error !== undefined && pieces.length === 0)
        return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
          ? resolve(noAnswer)
          : reject(error)
      resolve(readAnswer(Buffer.concat(pieces)))
    }
    socket.setTimeout(10_000, () => finish(new Error(`No answer to ${method} ${path.slice(0, 100)}`)))
    socket.on('data', (piece) => pieces.push(Buffer.from(piece)))
    socket.on('end', () => finish())
    socket.on('error', finish)
    socket.write(Buffer.from(`${head}\r\n\r\n`, 'latin1'))
    socket.write(body)
  })
}

const noAnswer: RawAnswer = { status: 0, headers: [], body: '' }

function readAnswer(octets: Buffer): RawAnswer {
  const text = octets.toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return noAnswer
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  })
  const chunked = headers.some(([name, value]) => name === 'transfer-encoding' && value === 'chunked')
  const body = chunked ? joinChunks(text.slice(end + 4)) : text.slice(end + 4)
  return { status: Number(statusLine.split(' ')[1]), headers, body: Buffer.from(body, 'latin1').toString() }
}

function joinChunks(text: string): string {
  let [joined, at] = ['', 0]
  for (;;) {
    const end = text.indexOf('\r\n', at)
    const size = Number.parseInt(text.slice(at, end), 16)
    if (end === -1 || !(size > 0)) return joined
    joined += text.slice(end + 2, end + 2 + size)
    at = end + 2 + size + 2
  }
}
