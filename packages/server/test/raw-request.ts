import { connect } from 'node:net'

export type RawResponse = {
  readonly status: number
  /** Names in lower case; of repeated headers the last. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const read = (text: string): RawResponse => {
  // An interim answer (100 Continue) comes before the final one.
  if (text.startsWith('HTTP/1.1 1')) return read(text.slice(text.indexOf('\r\n\r\n') + 4))
  const end = text.indexOf('\r\n\r\n')
  const [line = '', ...lines] = text.slice(0, end === -1 ? text.length : end).split('\r\n')
  const headers = Object.fromEntries(
    lines.map((header) => {
      const colon = header.indexOf(':')
      return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()]
    }),
  )
  return { status: Number(line.split(' ')[1] ?? 0), headers, body: end === -1 ? '' : text.slice(end + 4) }
}

/** Sends exact bytes on a connection of its own and reads until the server ends it; what no HTTP library would send. */
export const sendRaw = (url: string, request: string | Buffer, localAddress?: string): Promise<RawResponse> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const socket = connect({
      host: hostname === 'localhost' ? '127.0.0.1' : hostname,
      port: Number(port),
      ...(localAddress === undefined ? {} : { localAddress }),
    })
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer within ten seconds')))
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    // A server that refuses early may close while we still write: what it said counts.
    socket.on('error', (error) => (chunks.length > 0 ? resolve(read(Buffer.concat(chunks).toString())) : reject(error)))
    socket.on('close', () => resolve(read(Buffer.concat(chunks).toString())))
    socket.write(request)
  })

/** A POST of a form as bytes, with `Connection: close`; headers are given as lines. */
export const rawPost = (path: string, headers: readonly string[], body: string): string =>
  [
    `POST ${path} HTTP/1.1`,
    'Host: localhost',
    'Connection: close',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
    '',
    body,
  ].join('\r\n')
