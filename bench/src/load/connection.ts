import { connect, type Socket } from 'node:net'

/** One answer: the whole text, head and body, Latin-1. */
export type OnAnswer = (answer: string) => void

export type Connection = {
  /** Sends one request; the next only after its answer. */
  readonly send: (request: string) => void
  readonly close: () => void
}

const contentLength = /\r\ncontent-length: *(\d+)/i

/** Index after the last byte of an answer that begins `text`, or undefined while it is incomplete. Throws where it has no length. */
export const endOfAnswer = (text: string): number | undefined => {
  const headEnd = text.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const length = contentLength.exec(text.slice(0, headEnd))?.[1]
  if (length === undefined) throw new Error(`an answer without Content-Length: ${text.slice(0, 200)}`)
  const end = headEnd + 4 + Number(length)
  return text.length >= end ? end : undefined
}

/**
 * A keep-alive HTTP/1.1 connection that does only what the benchmark needs, at about a third of the CPU of `node:http`'s client, since
 * both share the cores with the server: one request at a time, answers with a Content-Length, no redirects, no TLS.
 */
export const openConnection = async (
  port: number,
  onAnswer: OnAnswer,
  onLost: (error: Error) => void,
): Promise<Connection> => {
  const buffer = Buffer.allocUnsafe(64 * 1024)
  let pending = ''
  let closed = false
  const lose = (error: Error): void => {
    if (closed) return
    closed = true
    socket.destroy()
    onLost(error)
  }
  const receive = (size: number): boolean => {
    const text = buffer.toString('latin1', 0, size)
    pending = pending === '' ? text : pending + text
    try {
      const end = endOfAnswer(pending)
      if (end === undefined) return true
      const answer = pending
      pending = ''
      if (answer.length > end) throw new Error('more bytes than one answer')
      onAnswer(answer)
    } catch (error) {
      lose(error as Error)
    }
    return true
  }
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback: receive } })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  socket.on('error', lose)
  socket.on('close', () => lose(new Error('the server closed the connection')))
  return {
    send: (request) => socket.write(request, 'latin1'),
    close: () => {
      closed = true
      socket.destroy()
    },
  }
}
