import { once } from 'node:events'
import { createServer } from 'node:http'
import { type TokenSource, tokenSource } from '@mintmark/client'
import type { CallContender } from './call-cost.ts'

type CountingServer = { readonly url: string; readonly count: () => number; readonly close: () => void }

/** A token endpoint that issues at once and counts. */
const countingServer = async (): Promise<CountingServer> => {
  let requests = 0
  const answer = JSON.stringify({ access_token: 'bench-token', token_type: 'Bearer', expires_in: 3600 })
  const server = createServer((request, response) => {
    requests += 1
    request.resume()
    response.setHeader('content-type', 'application/json')
    response.end(answer)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${address.port}/token`, count: () => requests, close }
}

const sourceOf = (tokenEndpoint: string): TokenSource =>
  tokenSource({ tokenEndpoint, clientId: 'bench', credential: 'bench-secret' })

/** How many token requests so many callers make who all ask at once of a source that has none yet. */
export const requestsOfColdStart = async (callers: number): Promise<number> => {
  const server = await countingServer()
  try {
    const source = sourceOf(server.url)
    await Promise.all(Array.from({ length: callers }, () => source.token()))
    return server.count()
  } finally {
    server.close()
  }
}

/** A call of `token()` while there is a token. */
export const cachedToken = (count: number): CallContender => ({
  name: 'client, token() from memory',
  count,
  prepare: async () => {
    const server = await countingServer()
    const source = sourceOf(server.url)
    await source.token()
    server.close()
    return () => source.token()
  },
})
