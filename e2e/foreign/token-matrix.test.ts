import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, test } from 'node:test'
import { protect } from '@mintmark/resource-server'
import { requireToken } from '@mintmark/resource-server/node-http'
import { type StrangerServer, startForStrangers, type Transport, transports } from './stranger-server.ts'
import { methods, type Stranger, strangers, type TokenRequest } from './strangers.ts'

/** The API and the scope that give a token of each format. */
const formats = { jwt: 'ES256', opaque: 'opaque' } as const
type Format = keyof typeof formats

const isJwt = (token: string): boolean => token.split('.').length === 3

type Place = { readonly server: StrangerServer; readonly apis: Readonly<Record<Format, string>> }

/** A protected API on a port of its own; answers with the client that calls. */
const startApi = async (server: StrangerServer, name: string): Promise<string> => {
  const api = protect({
    issuer: server.issuer,
    audience: `https://${name.toLowerCase()}.example`,
    verification: 'by-format',
    introspection: { clientId: 'stranger', credential: server.secrets.stranger ?? '' },
  })
  const listener = createServer(
    requireToken(api, [`use:${name}`], (_request, response, token) => {
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

const startPlace = async (transport: Transport): Promise<Place> => {
  const server = await startForStrangers(undefined, { transport })
  return {
    server,
    apis: { jwt: await startApi(server, formats.jwt), opaque: await startApi(server, formats.opaque) },
  }
}
const places = { http: await startPlace('http'), tls: await startPlace('tls') }

const requestAt = ({ server }: Place, method: TokenRequest['method'], more: Partial<TokenRequest>): TokenRequest => ({
  issuer: server.issuer,
  tokenEndpoint: server.tokenEndpoint,
  method,
  clientId: 'stranger',
  clientSecret: server.secrets.stranger ?? '',
  scope: `use:${formats.jwt}`,
  ...more,
})

const callApi = async (url: string, token: string) => {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
  return { status: answer.status, text: await answer.text() }
}

const introspect = async ({ server }: Place, token: string): Promise<Record<string, unknown>> => {
  const answer = await fetch(server.introspectionEndpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`stranger:${server.secrets.stranger}`)}` },
    body: new URLSearchParams({ token }),
  })
  return (await answer.json()) as Record<string, unknown>
}

/** What a stranger's user learns of a refusal: it must be an error that carries our code. */
const refusalOf = async (stranger: Stranger, request: TokenRequest): Promise<unknown> => {
  const error = await stranger.token(request).then(
    () => assert.fail('it got a token'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof Error)
  return stranger.errorCode(error)
}

for (const stranger of strangers) {
  for (const transport of transports.filter((one) => one === 'tls' || stranger.tlsOnly !== true)) {
    const place = places[transport]
    for (const method of stranger.methods) {
      describe(`${stranger.name}, ${method}, ${transport}`, () => {
        for (const format of Object.keys(formats) as Format[]) {
          test(`gets a token (${format}) that works at the API and at introspection`, async () => {
            const scope = `use:${formats[format]}`
            const token = await stranger.token(requestAt(place, method, { scope }))
            assert.equal(isJwt(token), format === 'jwt')
            assert.deepEqual(await callApi(place.apis[format], token), { status: 200, text: 'stranger' })
            const answer = await introspect(place, token)
            assert.equal(answer.active, true)
            assert.equal(answer.scope, scope)
            const other = format === 'jwt' ? 'opaque' : 'jwt'
            assert.equal((await callApi(place.apis[other], token)).status, 401)
          })
        }

        test('its user sees our code when the secret is wrong, and when a scope is not permitted', async () => {
          const wrong = requestAt(place, method, { clientSecret: 'wrong' })
          assert.equal(await refusalOf(stranger, wrong), 'invalid_client')
          const tooMuch = requestAt(place, method, { scope: 'nosuch' })
          assert.equal(await refusalOf(stranger, tooMuch), 'invalid_scope')
        })
      })
    }
  }
}

for (const stranger of strangers.filter(({ tlsOnly }) => tlsOnly)) {
  test(`${stranger.name} does not speak http`, async () => {
    for (const method of stranger.methods) await assert.rejects(stranger.token(requestAt(places.http, method, {})))
  })
}

test('every authentication method that the server announces is used by strangers', async () => {
  const { server } = places.tls
  const answer = await fetch(`${server.issuer}/.well-known/openid-configuration`)
  const metadata = (await answer.json()) as { readonly token_endpoint_auth_methods_supported: readonly string[] }
  assert.deepEqual(metadata.token_endpoint_auth_methods_supported.toSorted(), methods.toSorted())
  for (const method of methods) assert.ok(strangers.some((stranger) => stranger.methods.includes(method)))
})
