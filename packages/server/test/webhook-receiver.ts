import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Ending } from './fixtures.ts'

export type Received = {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly message: {
    readonly type: string
    readonly timestamp: string
    readonly data: Readonly<Record<string, unknown>>
  }
}

type Answer = (response: ServerResponse, received: Received) => void

/** A place that takes messages, on a real socket of this machine. */
export type Receiver = {
  readonly url: string
  readonly received: Received[]
  /** How it answers; 204 at first. */
  answer: Answer
  /** Resolves with the next message that arrives. */
  readonly next: () => Promise<Received>
}

export const answering =
  (status: number, headers: Readonly<Record<string, string>> = {}, body = ''): Answer =>
  (response) =>
    void response.writeHead(status, headers).end(body)

const readAll = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

export const startReceiver = async (ending: Ending, host = '127.0.0.1'): Promise<Receiver> => {
  const waiting: ((received: Received) => void)[] = []
  const receiver = {
    url: '',
    received: [] as Received[],
    answer: answering(204),
    next: () => new Promise<Received>((resolve) => waiting.push(resolve)),
  }
  const server = createServer((request, response) => {
    void readAll(request).then((body) => {
      const received = { headers: request.headers as Record<string, string>, body, message: JSON.parse(body) }
      receiver.received.push(received)
      for (const resolve of waiting.splice(0)) resolve(received)
      receiver.answer(response, received)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  ending.after(async () => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  receiver.url = `http://${host}:${typeof address === 'object' ? address?.port : 0}/hook`
  return receiver
}
