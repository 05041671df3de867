import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type StrangerServer, startForStrangers, type Transport, transports } from './stranger-server.ts'
import { methods, type Stranger, strangers, type TokenRequest } from './strangers.ts'
import { formats, scopeOf, startTryingTokens } from './working-token.ts'

const startPlace = async (transport: Transport) => {
  const server = await startForStrangers(undefined, { transport })
  return { server, assertWorks: await startTryingTokens(server) }
}
const places = { http: await startPlace('http'), tls: await startPlace('tls') }

const requestAt = (
  server: StrangerServer,
  method: TokenRequest['method'],
  more: Partial<TokenRequest> = {},
): TokenRequest => ({
  issuer: server.issuer,
  tokenEndpoint: server.tokenEndpoint,
  method,
  clientId: 'stranger',
  clientSecret: server.secrets.stranger ?? '',
  scope: scopeOf('jwt'),
  ...more,
})

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
    const { server, assertWorks } = places[transport]
    for (const method of stranger.methods) {
      describe(`${stranger.name}, ${method}, ${transport}`, () => {
        for (const format of formats) {
          test(`gets a token (${format}) that works at the API and at introspection`, async () => {
            await assertWorks(await stranger.token(requestAt(server, method, { scope: scopeOf(format) })), format)
          })
        }

        test('its user sees our code when the secret is wrong, and when a scope is not permitted', async () => {
          const wrong = requestAt(server, method, { clientSecret: 'wrong' })
          assert.equal(await refusalOf(stranger, wrong), 'invalid_client')
          const tooMuch = requestAt(server, method, { scope: 'nosuch' })
          assert.equal(await refusalOf(stranger, tooMuch), 'invalid_scope')
        })
      })
    }
  }
}

for (const stranger of strangers.filter(({ tlsOnly }) => tlsOnly)) {
  test(`${stranger.name} does not speak http`, async () => {
    for (const method of stranger.methods) {
      await assert.rejects(stranger.token(requestAt(places.http.server, method)))
    }
  })
}

/** Assertions: strangers sign theirs in `private-key-jwt.test.ts`; a JWT-SVID is made by the platform, not by a library. */
const assertions = ['private_key_jwt', 'spiffe_jwt']

test('every authentication method that the server announces is used by strangers', async () => {
  const answer = await fetch(`${places.tls.server.issuer}/.well-known/openid-configuration`)
  const metadata = (await answer.json()) as { readonly token_endpoint_auth_methods_supported: readonly string[] }
  assert.deepEqual(metadata.token_endpoint_auth_methods_supported.toSorted(), [...methods, ...assertions].toSorted())
  for (const method of methods) assert.ok(strangers.some((stranger) => stranger.methods.includes(method)))
})
