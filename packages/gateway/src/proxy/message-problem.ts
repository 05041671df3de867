import type { IncomingMessage } from 'node:http'

/** Header lines one request may have; real ones have fewer than forty. */
const maximumLines = 128

/** What an authority is made of (RFC 3986 §3.2), without a user. */
const hostCharacters = /^[\w\-.~!$&'()*+,;=%:[\]]*$/

/**
 * Why a message is not passed on, as status and check: what two servers could take for different messages (RFC 9112 §11.2)
 * beyond what the parser refuses by itself.
 */
export const messageProblem = ({
  headers,
  headersDistinct,
  rawHeaders,
  httpVersion,
}: IncomingMessage): { readonly status: 400 | 431 | 501; readonly check: string } | undefined => {
  if (rawHeaders.length > maximumLines * 2) return { status: 431, check: 'header-lines' }
  const hosts = headersDistinct.host?.length ?? 0
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) return { status: 400, check: 'one-host' }
  if (!hostCharacters.test(headers.host ?? '')) return { status: 400, check: 'host' }
  const encoding = headers['transfer-encoding']
  if (encoding === undefined) return undefined
  if (headers['content-length'] !== undefined) return { status: 400, check: 'two-lengths' }
  if (httpVersion !== '1.1') return { status: 400, check: 'transfer-encoding-version' }
  return encoding.toLowerCase() === 'chunked' ? undefined : { status: 501, check: 'transfer-encoding' }
}
