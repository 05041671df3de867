import { request } from 'node:https'

/** A certificate, with those that lead to a CA behind it, and its key; PEM. */
export type ClientIdentity = { readonly cert: string; readonly key: string }

/**
 * POSTs a form over TLS with or without a certificate of the client, on a connection of its own.
 * @param ca whom the client trusts
 */
export const postOverTls = (
  url: string,
  form: Readonly<Record<string, string>>,
  {
    ca,
    identity,
    headers = {},
  }: {
    readonly ca: string
    readonly identity?: ClientIdentity | undefined
    readonly headers?: Readonly<Record<string, string>>
  },
): Promise<Response> =>
  new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        ca,
        agent: false,
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        ...identity,
      },
      (incoming) => {
        const parts: Buffer[] = []
        incoming.on('data', (part: Buffer) => parts.push(part))
        incoming.on('error', reject)
        incoming.on('end', () => {
          const received = Object.entries(incoming.headers).flatMap(([name, value]) =>
            [value ?? []].flat().map((one): [string, string] => [name, one]),
          )
          resolve(new Response(Buffer.concat(parts), { status: incoming.statusCode ?? 0, headers: received }))
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(new URLSearchParams(form).toString())
  })
