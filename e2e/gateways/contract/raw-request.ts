import { type Agent, request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'

/** An answer, with its body as text. */
export type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }

export type RawRequest = {
  readonly method?: string
  /** The request target, sent byte for byte. */
  readonly target: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: Iterable<Buffer> | AsyncIterable<Buffer>
  readonly agent?: Agent
}

/** Sends what no URL class has tidied up before. Rejects when the connection breaks before there is an answer. */
export const send = (
  base: string,
  { method = 'GET', target, headers = {}, body, agent }: RawRequest,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base)
    const request = httpRequest(
      { hostname, port, method, path: target, headers, agent: agent ?? false },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        response.on('error', reject)
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
      },
    )
    request.on('error', reject)
    if (body === undefined) {
      request.end()
      return
    }
    void (async () => {
      for await (const chunk of body) request.write(chunk)
      request.end()
    })().catch(reject)
  })
