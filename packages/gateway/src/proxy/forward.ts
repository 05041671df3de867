import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import { answerError, isAnswer, relay } from './answers.ts'
import type { HeaderLines } from './hop-by-hop.ts'
import { hasBody } from './request-headers.ts'
import type { Upstream } from './upstream.ts'

export type ForwardOptions = {
  readonly upstream: Upstream
  /** Milliseconds until the API must have begun its answer, counted from its last sign of life. */
  readonly timeout: number
  readonly draining: () => boolean
  readonly onFailure: (reason: 'unreachable' | 'timeout' | 'broken', error: unknown) => void
}

const repeatable: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Sends a request on to the API and its answer back, both as they come; whoever gives up ends it for the other. */
export const createForward =
  ({ upstream, timeout, draining, onFailure }: ForwardOptions) =>
  (request: IncomingMessage, response: ServerResponse, headers: HeaderLines): void => {
    const { method = 'GET', url = '/' } = request
    const body = hasBody(request)
    let answered = false
    let current: ClientRequest

    const fail = (reason: 'unreachable' | 'timeout' | 'broken', error: unknown): void => {
      if (response.destroyed) return
      onFailure(reason, error)
      if (answered) response.destroy()
      else answerError(response, reason === 'timeout' ? 504 : 502, body || draining())
    }

    const send = (again: boolean): void => {
      const sent = upstream.open(method, url, headers, again)
      current = sent
      let late = false
      sent.setTimeout(timeout, () => {
        if (answered) return
        late = true
        sent.destroy()
      })
      sent.on('response', (from) => {
        if (!isAnswer(from)) {
          sent.destroy()
          fail('broken', new TypeError(`an answer with the status ${from.statusCode}`))
          return
        }
        answered = true
        sent.setTimeout(0)
        relay(from, response, draining())
      })
      sent.on('error', (error) => {
        // The API closed a kept connection as we used it: it has not seen the request, so another connection is tried.
        if (!answered && !again && sent.reusedSocket && !body && repeatable.has(method) && !response.destroyed) {
          send(true)
          return
        }
        // An API that has answered may close before it has read everything.
        if (!answered) fail(late ? 'timeout' : 'unreachable', error)
      })
      // A server that switches protocols unasked speaks no HTTP from here on.
      sent.on('upgrade', (_from, socket) => {
        socket.destroy()
        fail('broken', new TypeError('101 without an Upgrade'))
      })
      if (body) request.pipe(sent)
      else sent.end()
    }

    response.on('close', () => {
      if (!response.writableFinished) current.destroy()
    })
    // What an answer came before is read to its end, or the connection could not be used again. The one to the API, which
    // will not get the rest, can not.
    response.on('finish', () => {
      if (request.complete) return
      request.unpipe()
      request.resume()
      current.destroy()
    })
    request.on('error', () => current.destroy())
    send(false)
  }
