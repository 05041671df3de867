import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as client from 'openid-client'
import { startForStrangers } from './stranger-server.ts'

const server = await startForStrangers()
const secret = server.secrets.stranger ?? ''

for (const algorithm of ['oidc', 'oauth2'] as const) {
  for (const [method, authentication] of [
    ['client_secret_basic', client.ClientSecretBasic(secret)],
    ['client_secret_post', client.ClientSecretPost(secret)],
  ] as const) {
    describe(`openid-client, ${algorithm} discovery, ${method}`, () => {
      const discover = () =>
        client.discovery(new URL(server.issuer), 'stranger', undefined, authentication, { algorithm })

      test('gets a token of either format, introspects and revokes it', async () => {
        const config = await discover()
        assert.equal(config.serverMetadata().issuer, server.issuer)
        for (const name of ['ES256', 'opaque']) {
          const resource = `https://${name.toLowerCase()}.example`
          const token = await client.clientCredentialsGrant(config, { scope: `use:${name}`, resource })
          assert.equal(token.token_type, 'bearer')
          // What is left of it now, rounded down.
          assert.ok([3599, 3600].includes(token.expiresIn() ?? 0), `${token.expiresIn()} s`)
          assert.equal(token.scope, `use:${name}`)
          const live = await client.tokenIntrospection(config, token.access_token)
          assert.equal(live.active, true)
          assert.equal(live.aud, resource)
          await client.tokenRevocation(config, token.access_token, { token_type_hint: 'access_token' })
          assert.deepEqual(await client.tokenIntrospection(config, token.access_token), { active: false })
        }
      })

      test('reads our refusals', async () => {
        const config = await discover()
        await assert.rejects(client.clientCredentialsGrant(config, { scope: 'nosuch' }), {
          name: 'ResponseBodyError',
          error: 'invalid_scope',
          status: 400,
        })
      })
    })
  }
}

test('openid-client reads the refusal of a wrong secret', async () => {
  const config = await client.discovery(new URL(server.issuer), 'stranger', 'wrong')
  await assert.rejects(client.clientCredentialsGrant(config), (error: unknown) => {
    const { status, cause } = error as { status?: number; cause?: unknown }
    assert.equal(status, 401)
    assert.match(JSON.stringify(cause), /basic|invalid_client/i)
    return true
  })
})
