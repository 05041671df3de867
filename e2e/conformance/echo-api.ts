import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tokenOfHeaders } from './gateway-table.ts'
import type { SeenToken } from './vector.ts'

/** Names the vector a request is of, so that the API can tell which ones reached it. */
export const vectorHeader = 'X-Vector'

/** What the API answers. */
export interface Echo {
  readonly token: SeenToken
  readonly headerNames: readonly string[]
}

/** An API behind a gateway: it believes what the gateway says of the caller, and remembers which vectors reached it. */
export async function echoApi() {
  const reached = new Set<string>()
  const server = createServer({ maxHeaderSize: 131_072 }, (request, response) => {
    const { headers, rawHeaders } = request
    reached.add(String(headers['x-vector']))
    request.resume()
    const line = (name: string) => {
      const value = headers[name]
      return typeof value === 'string' ? value : undefined
    }
    const headerNames = rawHeaders.filter((_, index) => index % 2 === 0)
    const echo: Echo = { token: tokenOfHeaders(line), headerNames }
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(echo))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reached: reached as ReadonlySet<string>,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
