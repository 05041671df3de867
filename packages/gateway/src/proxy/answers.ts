import type { IncomingMessage, ServerResponse } from 'node:http'
import { eachLine, endsHere } from './hop-by-hop.ts'

/** An answer of the proxy itself. The connection ends where a body may still be on its way. */
export const answer = (
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
  lastOne: boolean,
): void => {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.writeHead(status, {
    ...headers,
    'Content-Length': Buffer.byteLength(body),
    ...(lastOne ? { Connection: 'close' } : {}),
  })
  response.end(body)
}

const errors: Readonly<Record<number, readonly [string, string]>> = {
  400: ['invalid_request', 'The request is not well-formed.'],
  431: ['invalid_request', 'The request headers are too many.'],
  501: ['invalid_request', 'The proxy does not speak this.'],
  502: ['bad_gateway', 'The API could not be reached or did not answer in HTTP.'],
  504: ['gateway_timeout', 'The API did not answer in time.'],
}

export const answerError = (response: ServerResponse, status: 400 | 431 | 501 | 502 | 504, lastOne: boolean): void => {
  const [error, description] = errors[status] ?? []
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }
  answer(response, status, headers, JSON.stringify({ error, error_description: description }), lastOne)
}

/** What an answer may say after its status; some servers say more than Node writes (RFC 9112 §4). */
const reasonPhrase = /^[\t\x20-\x7e\x80-\xff]*$/

/** Whether an answer can have trailers: only one in chunks can (RFC 9112 §7.1.2). */
const takesTrailers = ({ req }: ServerResponse, { statusCode, headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined &&
  req.httpVersion === '1.1' &&
  req.method !== 'HEAD' &&
  statusCode !== 204 &&
  statusCode !== 304

/** Whether an answer has a status that HTTP knows of: one below 200 is none, or comes by another event. */
export const isAnswer = ({ statusCode = 0 }: IncomingMessage): boolean => statusCode >= 200

/** Passes the API's answer on as it comes, trailers included; it must be one. */
export const relay = (from: IncomingMessage, response: ServerResponse, closing: boolean): void => {
  const ends = endsHere(from.rawHeaders)
  const trailing = takesTrailers(response, from)
  const lines: string[] = []
  eachLine(from.rawHeaders, (name, value, asSent) => {
    if (!ends(name) || (name === 'trailer' && trailing)) lines.push(asSent, value)
  })
  if (closing) lines.push('Connection', 'close')
  const { statusMessage = '' } = from
  response.writeHead(from.statusCode ?? 502, reasonPhrase.test(statusMessage) ? statusMessage : '', lines)
  response.flushHeaders()
  from.on('data', (piece: Buffer) => {
    if (!response.write(piece)) from.pause()
  })
  response.on('drain', () => from.resume())
  from.on('end', () => {
    const trailers: [string, string][] = []
    eachLine(from.rawTrailers, (name, value, asSent) => {
      if (!ends(name)) trailers.push([asSent, value])
    })
    if (trailers.length > 0) response.addTrailers(trailers)
    response.end()
  })
  // An answer that breaks off must not look like one that ended.
  from.on('error', () => response.destroy())
  from.on('close', () => {
    if (!from.complete) response.destroy()
  })
}
