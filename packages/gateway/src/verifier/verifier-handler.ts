import type { IncomingMessage, ServerResponse } from 'node:http'
import type { OriginalRequest } from '../decision/original-request.ts'
import type { Verdict } from '../decision/verdict.ts'
import type { Gateway, Question } from '../gateways/gateway.ts'
import { type AddressList, plainAddress } from '../operation/addresses.ts'
import type { DecisionPoint } from '../operation/decision-point.ts'
import type { Log } from '../operation/log.ts'
import type { Statistics } from '../operation/statistics.ts'

export type VerifierHandlerOptions = {
  readonly gateways: readonly Gateway[]
  /** Who may ask: the gateway, and nobody who could say something else than it. */
  readonly peers: AddressList
  readonly point: Pick<DecisionPoint, 'decide'>
  readonly log: Log
  readonly statistics: Statistics
}

/**
 * Answers the questions of gateways, each at the path of its name. The answer has one of four statuses, which every
 * gateway understands: 200 with the headers for the API, 401 with the challenge, 403, and 503 when nothing can be decided.
 */
export const createVerifierHandler = ({ gateways, peers, point, log, statistics }: VerifierHandlerOptions) => {
  const byPath = new Map(gateways.map((gateway) => [`/${gateway.name}`, gateway]))

  const find = (url: string): { readonly gateway: Gateway; readonly rest: string } | undefined => {
    const end = url.slice(1).search(/[/?]/)
    const path = end === -1 ? url : url.slice(0, end + 1)
    const gateway = byPath.get(path)
    if (gateway === undefined) return undefined
    const rest = url.slice(path.length)
    if (gateway.pathFollows) return { gateway, rest }
    return rest === '' || rest.startsWith('?') ? { gateway, rest } : undefined
  }

  const refuse = (response: ServerResponse, status: 403 | 404, reason: 'peer' | 'path' | 'question'): void => {
    statistics.countUnasked(reason)
    response.writeHead(status, { 'Content-Length': 0, 'Cache-Control': 'no-store' }).end()
  }

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // A question has no body; whatever a gateway sends along is not looked at.
    request.resume()
    const address = plainAddress(request.socket.remoteAddress ?? '')
    if (!peers(address)) {
      log.warn('question of a stranger refused', { address })
      return refuse(response, 403, 'peer')
    }
    const found = find(request.url ?? '/')
    if (found === undefined) return refuse(response, 404, 'path')
    const original = originalOf(request, found.gateway, found.rest)
    if (original === undefined) {
      log.error('the question does not say which request it is about: check the configuration of the gateway', {
        gateway: found.gateway.name,
        address,
      })
      return refuse(response, 403, 'question')
    }
    send(response, original, await point.decide(found.gateway.name, original, address))
  }
}

const originalOf = (request: IncomingMessage, gateway: Gateway, rest: string): OriginalRequest | undefined => {
  const { headersDistinct } = request
  const header = (name: string): readonly string[] => headersDistinct[name] ?? []
  const line: Question['line'] = (name) => {
    const found = header(name)
    return found.length === 1 ? found[0] : undefined
  }
  const told = gateway.told({ method: request.method ?? '', rest, line })
  return told && { ...told, header, headerNames: Object.keys(headersDistinct) }
}

const send = (response: ServerResponse, { header }: OriginalRequest, verdict: Verdict): void => {
  if (!verdict.passed) {
    const { status, headers, body } = verdict
    // A malformed Authorization header is 400 to RFC 6750, and a failure of the verifier to nginx.
    const answered = status === 400 ? 401 : status
    response.writeHead(answered, { ...headers, 'Content-Length': Buffer.byteLength(body) })
    response.end(body)
    return
  }
  // The gateway sets what is answered and has no rule for what is not, so the caller's own is answered too.
  const authorization = verdict.authorization ?? header('authorization')[0]
  response.writeHead(200, {
    ...verdict.headers,
    ...(authorization === undefined ? {} : { Authorization: authorization }),
    'Cache-Control': 'no-store',
    'Content-Length': 0,
  })
  response.end()
}
