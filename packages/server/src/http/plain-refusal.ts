import type { Socket } from 'node:net'

/** How long a refused caller may go on sending before its connection is cut, in milliseconds. */
const lingering = 1000

const descriptions = {
  '400 Bad Request': 'The request is not well-formed.',
  '405 Method Not Allowed': 'The method is not allowed here.',
  '408 Request Timeout': 'The request took too long to arrive.',
  '413 Content Too Large': 'The request body is too large.',
  '417 Expectation Failed': 'The expectation cannot be met.',
  '431 Request Header Fields Too Large': 'The request headers are too large.',
} as const

/** The refusals we write ourselves, where there is no request to answer. */
export type PlainStatus = keyof typeof descriptions

/** Sends the last bytes, then reads what still comes for a moment: closing at once would reset the answer away. */
const endLingering = (socket: Socket, answer: string): void => {
  const cut = setTimeout(() => socket.destroy(), lingering)
  cut.unref()
  socket.once('close', () => clearTimeout(cut))
  socket.on('error', () => {})
  socket.end(answer)
  socket.resume()
}

/** Answers on the socket itself and closes the connection: for what never became a request. */
export const refusePlainly = (socket: Socket, status: PlainStatus, headers: Readonly<Record<string, string>>): void => {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const body = JSON.stringify({ error: 'invalid_request', error_description: descriptions[status] })
  const lines = Object.entries({
    ...headers,
    'content-type': 'application/json;charset=UTF-8',
    'cache-control': 'no-store',
    pragma: 'no-cache',
    ...(status.startsWith('405') ? { allow: 'GET, HEAD, POST' } : {}),
    connection: 'close',
    'content-length': String(body.length),
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  endLingering(socket, `HTTP/1.1 ${status}\r\n${lines.join('')}\r\n${body}`)
}
