import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { createReachable } from './public-address.ts'

/** What became of a POST: the status it was answered with, or why there is no answer. Nothing else of an answer is kept. */
export type PostOutcome = { readonly status: number } | { readonly error: 'forbidden' | 'unreachable' | 'timed-out' }

/**
 * Posts to a place that somebody else named: over https (or http on loopback, where that may be reached), to a public address,
 * without following redirects, bounded in time. The body of the answer is not read.
 * @param signal ends it early; it is then `unreachable`
 */
export type PostPublic = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
) => Promise<PostOutcome>

/** Milliseconds for the whole of it, from looking up the name to the head of the answer. */
const timeLimit = 10_000

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** Whether something may be posted to a URL by what it says: https, or http to this machine. */
export const isPostable = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || (protocol === 'http:' && loopback.test(hostname))

/**
 * @param allowed names of hosts, addresses and ranges that are not public and may be reached all the same
 * @param ca certificates to trust in place of the system's, PEM
 * @param onTrouble told why a place was not reached: for the log of the operator, who may know more than tenants
 */
export const createPostPublic = ({
  allowed,
  ca,
  onTrouble,
}: {
  readonly allowed: readonly string[]
  readonly ca: string | undefined
  readonly onTrouble: (hostname: string, error: Error) => void
}): PostPublic => {
  const { fault, lookup } = createReachable(allowed)
  return (text, headers, body, signal) => {
    const url = URL.parse(text)
    const wrong = url === null || !isPostable(url) ? 'it is not https' : fault(url.hostname)
    if (url === null || wrong !== undefined) {
      onTrouble(url?.hostname ?? '', new Error(wrong))
      return Promise.resolve({ error: 'forbidden' })
    }
    const timeout = AbortSignal.timeout(timeLimit)
    return new Promise((resolve) => {
      let settled = false
      const settle = (outcome: PostOutcome): void => {
        settled = true
        resolve(outcome)
      }
      const request = url.protocol === 'https:' ? requestHttps : requestHttp
      const sent = request(
        url,
        {
          method: 'POST',
          agent: false,
          lookup,
          signal: AbortSignal.any([timeout, signal]),
          headers: { ...headers, 'content-length': Buffer.byteLength(body) },
          ...(ca === undefined ? {} : { ca }),
        },
        (response) => {
          settle({ status: response.statusCode ?? 0 })
          response.destroy()
        },
      )
      sent.on('error', (error) => {
        if (settled) return
        onTrouble(url.hostname, error)
        settle({ error: timeout.aborted ? 'timed-out' : 'unreachable' })
      })
      sent.end(body)
    })
  }
}
