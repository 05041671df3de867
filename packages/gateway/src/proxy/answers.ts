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

/** Passes the API's answer on as it comes, trailers included. */
export const relay = (from: IncomingMessage, response: ServerResponse, closing: boolean): void => {
  const ends = endsHere(from.rawHeaders)
  const lines: string[] = []
  eachLine(from.rawHeaders, (name, value, asSent) => {
    if (!ends(name) || (name === 'trailer' && from.headers['transfer-encoding'] !== undefined))
      lines.push(asSent, value)
  })
  if (closing) lines.push('Connection', 'close')
  response.writeHead(from.statusCode ?? 502, from.statusMessage, lines)
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
