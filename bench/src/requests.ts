import { type Api, audienceOf, type BenchClient, scope, type Target } from './contenders/target.ts'

const formEncode = (value: string): string => new URLSearchParams([['', value]]).toString().slice(1)

const basic = ({ id, secret }: BenchClient): string =>
  `Basic ${Buffer.from(`${formEncode(id)}:${formEncode(secret)}`).toString('base64')}`

const post = (port: number, path: string, client: BenchClient, form: Record<string, string>): string => {
  const body = new URLSearchParams(form).toString()
  return [
    `POST ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    `Authorization: ${basic(client)}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`,
    'Accept: application/json',
    '',
    body,
  ].join('\r\n')
}

/** A token request for each client of the target: client_credentials, client_secret_basic, one scope, one resource. */
export const tokenRequests = ({ port, tokenPath, clients }: Target, api: Api): readonly string[] =>
  clients.map((client) =>
    post(port, tokenPath, client, { grant_type: 'client_credentials', scope, resource: audienceOf(api) }),
  )

/** An introspection request for each token, by the target's introspector. */
export const introspectionRequests = (target: Target, tokens: readonly string[]): readonly string[] => {
  const { port, introspectionPath, introspector } = target
  if (introspectionPath === undefined || introspector === undefined)
    throw new Error('this contender does not introspect')
  return tokens.map((token) => post(port, introspectionPath, introspector, { token }))
}

/** Gets `count` tokens, one after another, from clients in turn. Throws on the first refusal. */
export const fetchTokens = async (target: Target, api: Api, count: number): Promise<readonly string[]> => {
  const tokens: string[] = []
  for (let index = 0; index < count; index++) {
    const client = target.clients[index % target.clients.length]
    if (client === undefined) throw new Error('the target has no clients')
    const response = await fetch(`http://127.0.0.1:${target.port}${target.tokenPath}`, {
      method: 'POST',
      headers: { authorization: basic(client) },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope, resource: audienceOf(api) }),
    })
    const text = await response.text()
    if (response.status !== 200) throw new Error(`no token: ${response.status} ${text.slice(0, 300)}`)
    tokens.push((JSON.parse(text) as { access_token: string }).access_token)
  }
  return tokens
}
