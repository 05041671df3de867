import type { IncomingMessage } from 'node:http'
import { isOverrideHeader } from '../decision/override-headers.ts'
import type { Passed } from '../decision/verdict.ts'
import { type AddressList, plainAddress } from '../operation/addresses.ts'
import { foldedName, isMisspelt } from '../table/header-rules.ts'
import { eachLine, endsHere, type HeaderLines } from './hop-by-hop.ts'

export type RequestHeadersOptions = {
  /** Of the API, with its port. */
  readonly upstreamHost: string
  /** Whether the API gets the caller's `Host`. */
  readonly keepHost: boolean
  readonly headerPrefix: string
  /** Proxies whose word on the caller's address counts. */
  readonly trusted: AddressList
  readonly overTls: boolean
}

const isForwarded = (folded: string): boolean =>
  folded === 'forwarded' || folded === 'x-real-ip' || folded.startsWith('x-forwarded-')

/**
 * The headers the API gets: the caller's, without those that end here, and without whatever it sent under names that the
 * proxy answers for, in any spelling; then who calls, what the route adds, and where the request came from.
 */
export const requestHeaders = (
  request: IncomingMessage,
  { headers: added, authorization }: Passed,
  { upstreamHost, keepHost, headerPrefix, trusted, overTls }: RequestHeadersOptions,
): HeaderLines => {
  const { rawHeaders, headers, socket } = request
  const prefix = foldedName(headerPrefix)
  const replaced = new Set(Object.keys(added).map(foldedName))
  const ends = endsHere(rawHeaders)
  const lines: string[] = ['Host', keepHost ? (headers.host ?? upstreamHost) : upstreamHost]
  eachLine(rawHeaders, (name, value, asSent) => {
    const folded = foldedName(name)
    if (name === 'host' || name === 'expect' || name === 'content-length' || ends(name)) return
    if (isForwarded(folded) || isOverrideHeader(name) || folded.startsWith(prefix) || replaced.has(folded)) return
    if (name === 'via' || isMisspelt(name)) return
    if (name === 'authorization' && authorization !== undefined) return
    lines.push(asSent, value)
  })
  if (authorization !== undefined) lines.push('Authorization', authorization)
  for (const [name, value] of Object.entries(added)) if (value !== '') lines.push(name, value)
  lines.push('Via', [...(headers.via === undefined ? [] : [headers.via]), '1.1 mintmark'].join(', '))
  return [
    ...lines,
    ...originOf(request, plainAddress(socket.remoteAddress ?? ''), trusted, overTls),
    ...framing(request),
  ]
}

/** The one line of a header by which a trusted proxy says where a request came from. */
const fromTrusted = ({ headersDistinct, socket }: IncomingMessage, trusted: AddressList, name: string) => {
  const lines = trusted(plainAddress(socket.remoteAddress ?? '')) ? headersDistinct[name] : undefined
  return lines?.length === 1 ? lines[0] : undefined
}

/**
 * The host that a request is decided by: the one that the API is told. Undefined where the API is told two, and could take
 * either.
 */
export const decidedHost = (
  request: IncomingMessage,
  { trusted, keepHost }: Pick<RequestHeadersOptions, 'trusted' | 'keepHost'>,
): string | undefined => {
  const { host } = request.headers
  const forwarded = fromTrusted(request, trusted, 'x-forwarded-host') ?? host
  return keepHost && forwarded !== host ? undefined : forwarded
}

/** Where the request came from; what the caller says of it counts only from trusted proxies. */
const originOf = (request: IncomingMessage, address: string, trusted: AddressList, overTls: boolean): HeaderLines => {
  const chain = fromTrusted(request, trusted, 'x-forwarded-for')
  const proto = fromTrusted(request, trusted, 'x-forwarded-proto')
  const host = fromTrusted(request, trusted, 'x-forwarded-host') ?? request.headers.host
  return [
    'X-Forwarded-For',
    chain === undefined ? address : `${chain}, ${address}`,
    'X-Forwarded-Proto',
    proto === 'https' || proto === 'http' ? proto : overTls ? 'https' : 'http',
    ...(host === undefined ? [] : ['X-Forwarded-Host', host]),
  ]
}

/** The length of the body as it was said to us, in exactly one way (RFC 9112 §6.3). */
const framing = ({ headers, method }: IncomingMessage): HeaderLines => {
  if (headers['transfer-encoding'] !== undefined) return ['Transfer-Encoding', 'chunked']
  if (headers['content-length'] !== undefined) return ['Content-Length', headers['content-length']]
  return method === 'POST' || method === 'PUT' || method === 'PATCH' ? ['Content-Length', '0'] : []
}

export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
