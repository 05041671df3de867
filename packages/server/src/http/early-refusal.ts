import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { HttpResponse } from '../lib/message.ts'

/** Refuses a request of which only the head is there, or lets it be read: then undefined. */
export type TurnAway = (request: { readonly method: string; readonly path: string }) => HttpResponse | undefined

type Listener = (request: IncomingMessage, response: ServerResponse) => void

/** Where more of a request comes than the listener takes, or nobody knows how much, somebody else decides who reads it. */
const isSmall = ({ headers }: IncomingMessage, bodyLimit: number): boolean =>
  headers['transfer-encoding'] === undefined && !(Number(headers['content-length'] ?? 0) > bodyLimit)

const pathOf = (url: string): string => {
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

/**
 * Refuses requests as soon as their head is there, in front of everything else that listens on a server: to route a request, to
 * read its body and to make an answer of its own cost about as much as the refusal itself.
 * @param everywhere headers of every answer
 */
export const refuseEarly = (
  server: Server,
  {
    turnAway,
    bodyLimit,
    everywhere,
    holdBack,
  }: {
    readonly turnAway: TurnAway
    readonly bodyLimit: number
    readonly everywhere: Readonly<Record<string, string>>
    readonly holdBack: (socket: Socket) => void
  },
): void => {
  const heads = new WeakMap<HttpResponse, string[]>()
  const headOf = (answer: HttpResponse): string[] => {
    const known = heads.get(answer)
    if (known !== undefined) return known
    const length = String(Buffer.byteLength(answer.body ?? ''))
    const head = Object.entries({ ...everywhere, ...answer.headers, 'content-length': length }).flat()
    heads.set(answer, head)
    return head
  }
  const listeners = server.listeners('request') as Listener[]
  server.removeAllListeners('request')
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const refusal = isSmall(request, bodyLimit)
      ? turnAway({ method: request.method ?? 'GET', path: pathOf(request.url ?? '/') })
      : undefined
    if (refusal === undefined) {
      for (const listener of listeners) listener.call(server, request, response)
      return
    }
    response.writeHead(refusal.status, headOf(refusal))
    response.end(refusal.body)
    if (refusal.holdBack === true) holdBack(request.socket)
  })
}
