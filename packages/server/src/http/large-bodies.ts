import type { IncomingMessage, ServerResponse } from 'node:http'
import { OAuthError } from '@mintmark/protocol'

/** A body up to this many bytes counts for nothing: a connection costs about as much. */
export const smallBody = 65_536
/** How many larger ones may be in memory at once, those that still arrive included. */
export const maximumLargeBodies = 16

/** @param limit the largest body the listener takes: what does not say its length may be as large */
const announced = ({ headers }: IncomingMessage, limit: number): number =>
  headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : limit

/**
 * Lets only so many large bodies in at once: they are read before anybody knows who sends them, and each of the listener's
 * connections could bring one.
 * @returns called for each request before its body is read; throws OAuthError `temporarily_unavailable`
 */
export const limitLargeBodies = (limit: number): ((request: IncomingMessage, response: ServerResponse) => void) => {
  let held = 0
  return (request, response) => {
    if (announced(request, limit) <= smallBody) return
    if (held >= maximumLargeBodies) {
      throw new OAuthError('temporarily_unavailable', 'The server is busy. Try again later.', {
        check: 'large-bodies',
        headers: { 'retry-after': '1', connection: 'close' },
      })
    }
    held += 1
    response.once('close', () => {
      held -= 1
    })
  }
}
