import type { IncomingMessage } from 'node:http'
import { OAuthError } from '@mintmark/protocol'

/** Header lines one request may have; real ones, proxies' included, have fewer than forty. */
export const maximumHeaderLines = 128

const notWellFormed = (check: string, status = 400): OAuthError =>
  new OAuthError('invalid_request', 'The request is not well-formed.', { status, check })

const hostLines = (rawHeaders: readonly string[]): number => {
  let found = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]
    if (name?.length === 4 && name.toLowerCase() === 'host') found += 1
  }
  return found
}

/**
 * Refuses what the parser lets through: too many header lines, no or several Host headers (RFC 9112 §3.2), and an encoded
 * body, which we would have to inflate.
 * @throws OAuthError `invalid_request` with 400, 415 or 431
 */
export const assertAcceptable = ({ rawHeaders, headers, httpVersion }: IncomingMessage): void => {
  if (rawHeaders.length > maximumHeaderLines * 2) throw notWellFormed('header-lines', 431)
  const hosts = hostLines(rawHeaders)
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) throw notWellFormed('one-host')
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') throw notWellFormed('content-encoding', 415)
}

/** Path and query of a request target as sent; of an absolute one (RFC 9112 §3.2.2) what comes after the authority. */
export const splitTarget = (target: string): { readonly path: string; readonly query: string } => {
  const absolute = target.startsWith('/') ? null : /^https?:\/\/[^/?#]*/i.exec(target)
  const local = absolute === null ? target : target.slice(absolute[0].length)
  const origin = local.startsWith('/') || absolute === null ? local : `/${local}`
  const mark = origin.indexOf('?')
  return mark === -1 ? { path: origin, query: '' } : { path: origin.slice(0, mark), query: origin.slice(mark + 1) }
}
