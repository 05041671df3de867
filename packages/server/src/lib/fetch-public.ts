import type { RequestOptions } from 'node:http'
import { request } from 'node:https'
import { createReachable } from './public-address.ts'

/**
 * Fetches a JSON document that somebody else named: only over https, only from public addresses, without following
 * redirects, bounded in size and time.
 * @throws Error that says why there is none
 */
export type FetchPublic = (url: string) => Promise<unknown>

const maximumBytes = 65_536
/** Milliseconds for the whole of it. */
const timeLimit = 5000

/**
 * @param allowed ranges that are not public and may be reached all the same, such as `10.1.0.0/16`
 * @param ca certificates to trust in place of the system's, PEM
 */
export const createFetchPublic = ({
  allowed = [],
  ca,
}: {
  readonly allowed?: readonly string[]
  readonly ca?: string | undefined
} = {}): FetchPublic => {
  const { fault, lookup } = createReachable(allowed)
  return async (text) => {
    const url = new URL(text)
    if (url.protocol !== 'https:') throw new Error('it is not https')
    // A literal address is never looked up.
    const wrong = fault(url.hostname)
    if (wrong !== undefined) throw new Error(wrong)
    return readJson(url, { lookup, ...(ca === undefined ? {} : { ca }) })
  }
}

const readJson = (url: URL, options: RequestOptions & { readonly ca?: string }): Promise<unknown> =>
  new Promise((settle, reject) => {
    const sent = request(
      url,
      { ...options, agent: false, headers: { accept: 'application/json' }, signal: AbortSignal.timeout(timeLimit) },
      (response) => {
        if (response.statusCode !== 200) {
          sent.destroy(new Error(`it was answered with status ${response.statusCode}`))
          return
        }
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > maximumBytes) sent.destroy(new Error(`it is larger than ${maximumBytes} bytes`))
          else chunks.push(chunk)
        })
        response.on('error', reject)
        response.on('end', () => {
          try {
            settle(JSON.parse(Buffer.concat(chunks).toString()))
          } catch {
            reject(new Error('it is not JSON'))
          }
        })
      },
    )
    sent.on('error', reject)
    sent.end()
  })
