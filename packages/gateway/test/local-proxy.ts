import type { RequestListener } from 'node:http'
import { connect } from 'node:net'
import type { TestContext } from 'node:test'
import { listen, readBody } from '../../client/test/local-server.ts'
import { audience, localIssuer, start } from '../../resource-server/test/local-issuer.ts'
import { type ProxyOptions, startProxy } from '../src/proxy/start-proxy.ts'

/** A proxy before an API, or before a URL where none may be, with an issuer; everything ends with the test. */
export const localProxy = async (
  context: TestContext,
  api: RequestListener | string,
  more: Partial<ProxyOptions> = {},
) => {
  const issuer = await localIssuer(context)
  const upstream = typeof api === 'string' ? api : await listen(context, api)
  const proxy = await startProxy({
    routes: {
      text: JSON.stringify({
        issuers: [{ issuer: issuer.issuer, keys: { jwks: { keys: [issuer.key.jwk] } } }],
        audience,
        routes: [
          { path: '/read/**', scopes: ['api:read'], headers: { 'X-Team': 'blue' } },
          { path: '/write', scopes: ['api:write'] },
          { path: '/open/**', public: true },
        ],
      }),
    },
    upstream,
    currentTime: () => start * 1000,
    ...more,
  })
  context.after(() => proxy.close({ timeout: 0 }))
  return { ...issuer, proxy, upstream }
}

/** An API that says what it got. */
export const mirror: RequestListener = async (request, response) => {
  const body = await readBody(request)
  const { method, url, rawHeaders } = request
  response.end(JSON.stringify({ method, url, headers: pairs(rawHeaders), body }))
}

const pairs = (lines: readonly string[]): [string, string][] => {
  const found: [string, string][] = []
  for (let index = 0; index < lines.length; index += 2)
    found.push([(lines[index] ?? '').toLowerCase(), lines[index + 1] ?? ''])
  return found
}

type Seen = {
  readonly method: string
  readonly url: string
  readonly headers: [string, string][]
  readonly body: string
}

/** What {@link mirror} got. */
export const seen = (body: string): Seen & { one: (name: string) => string | undefined } => {
  const read = JSON.parse(body) as Seen
  return { ...read, one: (name) => read.headers.find(([key]) => key === name)?.[1] }
}

/** Writes bytes and reads until the other side closes. */
export const raw = (url: string, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname, () => socket.write(text))
    let answer = ''
    socket.setEncoding('latin1').on('data', (piece) => {
      answer += piece
    })
    socket.on('close', () => resolve(answer)).on('error', reject)
  })
