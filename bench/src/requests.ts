import { randomUUID } from 'node:crypto'
import { makeKey, signJwt } from './contenders/bench-key.ts'
import { type Api, audienceOf, type BenchClient, scope, type Target } from './contenders/target.ts'

const formEncode = (value: string): string => new URLSearchParams([['', value]]).toString().slice(1)

const basic = ({ id, secret }: BenchClient): string =>
  `Basic ${Buffer.from(`${formEncode(id)}:${formEncode(secret)}`).toString('base64')}`

type Form = Readonly<Record<string, string>>

const postWith = (port: number, path: string, headers: readonly string[], form: Form): string => {
  const body = new URLSearchParams(form).toString()
  return [
    `POST ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    ...headers,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`,
    'Accept: application/json',
    '',
    body,
  ].join('\r\n')
}

/** A request that a client makes with its secret. */
export const post = (port: number, path: string, client: BenchClient, form: Form): string =>
  postWith(port, path, [`Authorization: ${basic(client)}`], form)

/** A token request for each client of the target: client_credentials, client_secret_basic, one scope, one resource. */
export const tokenRequests = ({ port, tokenPath, clients }: Target, api: Api): readonly string[] =>
  clients.map((client) =>
    post(port, tokenPath, client, { grant_type: 'client_credentials', scope, resource: audienceOf(api) }),
  )

/** Seconds an assertion lives: longer than it waits for its run. */
const assertionLifetime = 300

/**
 * Makes token requests that can be sent once each: with a client assertion where the client has a key (RFC 7523 §2.2), with
 * a DPoP proof where that is asked for (RFC 9449 §5). A client binds all its tokens to the same key.
 * @param now the server's time, in milliseconds
 */
export const provenRequests = (
  { port, tokenPath, issuer, tokenUrl, clients }: Target,
  api: Api,
  dpop: boolean,
  now: () => number = Date.now,
): ((count: number) => readonly string[]) => {
  const bound = clients.map((client) => ({ client, dpopKey: dpop ? makeKey() : undefined }))
  const common = { grant_type: 'client_credentials', scope, resource: audienceOf(api) }

  const requestOf = ({ client, dpopKey }: (typeof bound)[number]): string => {
    const { id, key } = client
    const iat = Math.floor(now() / 1000)
    const headers: string[] = []
    const form: Record<string, string> = { ...common }
    if (key === undefined) headers.push(`Authorization: ${basic(client)}`)
    else {
      const claims = { iss: id, sub: id, aud: issuer, jti: randomUUID(), iat, exp: iat + assertionLifetime }
      form.client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
      form.client_assertion = signJwt({ kid: key.kid }, claims, key)
    }
    if (dpopKey !== undefined) {
      const claims = { jti: randomUUID(), htm: 'POST', htu: tokenUrl, iat }
      headers.push(`DPoP: ${signJwt({ typ: 'dpop+jwt', jwk: dpopKey.jwk }, claims, dpopKey)}`)
    }
    return postWith(port, tokenPath, headers, form)
  }

  return (count) =>
    Array.from({ length: count }, (_, index) => requestOf(bound[index % bound.length] as (typeof bound)[number]))
}

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
