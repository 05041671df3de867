import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { readBody } from '../../client/test/local-server.ts'

/** A request with a target that no URL parser has touched. */
export type Spoken = {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string
}

export type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }

/** Sends one request on a connection of its own. */
export const ask = async (
  url: string,
  { method = 'GET', path, headers = {}, body }: Spoken,
  more: Spoken['headers'] = {},
): Promise<Answer> => {
  const { hostname, port } = new URL(url)
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const all = { ...headers, ...more } as Record<string, string | string[]>
    request({ hostname, port, method, path, headers: all, agent: false }, resolve).on('error', reject).end(body)
  })
  return { status: response.statusCode ?? 0, headers: response.headers, body: await readBody(response) }
}
