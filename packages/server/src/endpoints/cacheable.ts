import { sha256 } from '../lib/digest.ts'
import type { HttpRequest, HttpResponse } from '../lib/message.ts'

const matches = (header: string, etag: string): boolean =>
  header.split(',').some((candidate) => {
    const tag = candidate.trim()
    return tag === '*' || tag.replace(/^W\//, '') === etag
  })

/**
 * Makes a public answer cacheable: an `ETag` of its content, and 304 for a caller that has it (RFC 9110 §13.1.2).
 * @param maxAge seconds
 */
export const cacheable = (request: HttpRequest, response: HttpResponse, maxAge: number): HttpResponse => {
  const etag = `"${sha256(response.body ?? '')
    .toString('base64url')
    .slice(0, 22)}"`
  const headers = { ...response.headers, 'cache-control': `public, max-age=${maxAge}`, etag }
  const known = request.headers['if-none-match']
  if (known !== undefined && matches(known, etag)) {
    return { status: 304, headers: { 'cache-control': headers['cache-control'], etag } }
  }
  return { ...response, headers }
}
