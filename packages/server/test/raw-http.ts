import { connect, type Socket } from 'node:net'

/** An answer as it came over the wire. */
export type RawAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What a connection received until it was closed, and how it ended. */
export type Conversation = {
  readonly text: string
  readonly answers: readonly RawAnswer[]
  /** `closed` by the server, `reset`, or `open` when the time was over. */
  readonly ended: 'closed' | 'reset' | 'open'
  readonly milliseconds: number
}

/** Splits what came into answers, by content-length and chunks. */
export const parseAnswers = (text: string, methods: readonly string[] = []): RawAnswer[] => {
  const answers: RawAnswer[] = []
  let rest = text
  while (rest.startsWith('HTTP/1.')) {
    const end = rest.indexOf('\r\n\r\n')
    if (end === -1) break
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n')
    const headers: Record<string, string> = {}
    for (const line of lines) {
      const colon = line.indexOf(':')
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
    }
    rest = rest.slice(end + 4)
    const status = Number(statusLine.split(' ')[1])
    const bodiless = status === 100 || methods[answers.length] === 'HEAD'
    const length = bodiless ? 0 : Number(headers['content-length'] ?? 0)
    if (status !== 100) answers.push({ status, headers, body: rest.slice(0, length) })
    rest = rest.slice(length)
  }
  return answers
}

/** Opens a connection, sends bytes as they are, and reads until the server closes or `patience` milliseconds are over. */
export const converse = (
  port: number,
  sent: string | Buffer | ((socket: Socket) => void),
  { patience = 3000, until }: { readonly patience?: number; readonly until?: (text: string) => boolean } = {},
): Promise<Conversation> =>
  new Promise((resolve) => {
    const began = performance.now()
    const socket = connect(port, '127.0.0.1')
    let text = ''
    const finish = (ended: Conversation['ended']): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ text, answers: parseAnswers(text), ended, milliseconds: performance.now() - began })
    }
    const timer = setTimeout(() => finish('open'), patience)
    socket.on('connect', () => {
      if (typeof sent === 'function') sent(socket)
      else socket.write(sent)
    })
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (until?.(text) === true) finish('open')
    })
    socket.on('error', () => finish('reset'))
    socket.on('end', () => finish('closed'))
  })
