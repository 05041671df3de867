import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import { protect } from '@mintmark/resource-server'
import { requireToken } from '@mintmark/resource-server/node-http'
import type { StrangerServer } from './stranger-server.ts'

/** The API that gives a token of each format; its scope is `use:` and its name. */
export const apiOfFormat = { jwt: 'ES256', opaque: 'opaque' } as const
export type Format = keyof typeof apiOfFormat
export const formats = Object.keys(apiOfFormat) as readonly Format[]

export const scopeOf = (format: Format): string => `use:${apiOfFormat[format]}`

/** A protected API on a port of its own, until the test file ends; answers with the client that calls. */
const startApi = async (server: StrangerServer, format: Format): Promise<string> => {
  const api = protect({
    issuer: server.issuer,
    audience: `https://${apiOfFormat[format].toLowerCase()}.example`,
    verification: 'by-format',
    introspection: { clientId: 'stranger', credential: server.secrets.stranger ?? '' },
  })
  const listener = createServer(
    requireToken(api, [scopeOf(format)], (_request, response, token) => {
      response.end(String(token.claims.client_id))
    }),
  )
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  after(() => {
    listener.closeAllConnections()
    listener.close()
  })
  return `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
}

const callApi = async (url: string, token: string) => {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
  return { status: answer.status, text: await answer.text() }
}

const introspect = async (server: StrangerServer, token: string): Promise<Record<string, unknown>> => {
  const answer = await fetch(server.introspectionEndpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`stranger:${server.secrets.stranger}`)}` },
    body: new URLSearchParams({ token }),
  })
  return (await answer.json()) as Record<string, unknown>
}

/** Asserts of a token of a client, by default `stranger`, that its format is the one asked for and that it works, there and only there. */
export type AssertWorks = (token: string, format: Format, clientId?: string) => Promise<void>

/** Starts the APIs that tokens of a server are tried at. */
export const startTryingTokens = async (server: StrangerServer): Promise<AssertWorks> => {
  const urls = { jwt: await startApi(server, 'jwt'), opaque: await startApi(server, 'opaque') }
  return async (token, format, clientId = 'stranger') => {
    assert.equal(token.split('.').length === 3, format === 'jwt')
    assert.deepEqual(await callApi(urls[format], token), { status: 200, text: clientId })
    assert.equal((await callApi(urls[format === 'jwt' ? 'opaque' : 'jwt'], token)).status, 401)
    const answer = await introspect(server, token)
    assert.equal(answer.active, true)
    assert.equal(answer.scope, scopeOf(format))
  }
}
