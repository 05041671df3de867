import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { clientSecretPost, TokenError, tokenSource } from '@mintmark/client'
import { fileTokenCache } from '@mintmark/client/node'
import { protect } from '@mintmark/resource-server'
import { apis, startOidcProvider } from './oidc-provider-server.ts'

const refused = (oauthError: string) => (error: unknown) =>
  error instanceof TokenError && error.code === 'refused' && error.oauthError === oauthError

for (const transport of ['http', 'tls'] as const) {
  describe(`SEC-279: our client at node-oidc-provider, over ${transport}`, async () => {
    const { issuer, secrets, requests } = await startOidcProvider(transport)
    const tokenRequests = () => requests.filter((line) => line === 'POST /token').length

    test('it finds the token endpoint and gets tokens by both methods', async () => {
      for (const [clientId, credential] of [
        ['basic', secrets.basic],
        ['post', clientSecretPost(secrets.post)],
      ] as const) {
        const source = tokenSource({ issuer, clientId, credential, scope: 'read' })
        const tokens = await Promise.all(Array.from({ length: 100 }, () => source.token()))
        assert.equal(new Set(tokens.map(({ value }) => value)).size, 1)
        assert.deepEqual(tokens[0]?.scopes, ['read'])
        assert.equal(tokens[0]?.lifetime, 600)
      }
      const metadata = 'GET /.well-known/oauth-authorization-server'
      assert.deepEqual(requests, [metadata, 'POST /token', metadata, 'POST /token'])
    })

    test('it gets a token for each resource, which our resource server lets in', async () => {
      const client = { clientId: 'basic', credential: secrets.basic }
      const source = tokenSource({ issuer, ...client })
      for (const [format, audience] of Object.entries(apis)) {
        const token = await source.token({ resource: audience, scope: 'read write' })
        const api = protect({ issuer, audience, ...(format === 'opaque' ? { introspection: client } : {}) })
        const header = (name: string) => (name === 'authorization' ? [token.authorization] : [])
        const decision = await api.authorize({ method: 'GET', url: '/', header }, ['read', 'write'])
        assert.ok(decision.allowed, format)
        assert.equal(decision.token.clientId, 'basic')
      }
      await assert.rejects(source.token({ resource: 'https://other.example' }), refused('invalid_target'))
    })

    test('a token is shared by its file, and dropped when an API refuses it', async (context) => {
      const directory = mkdtempSync(join(tmpdir(), 'mintmark-foreign-'))
      context.after(() => rmSync(directory, { recursive: true }))
      const source = () =>
        tokenSource({
          issuer,
          clientId: 'post',
          credential: clientSecretPost(secrets.post),
          cache: fileTokenCache({ directory: join(directory, 'tokens') }),
        })
      const before = tokenRequests()
      const [one, other] = [source(), source()]
      const token = await one.token()
      assert.equal((await other.token()).value, token.value)
      const renewed = await one.renewToken(token)
      assert.notEqual(renewed.value, token.value)
      assert.equal((await other.renewToken(token)).value, renewed.value)
      assert.equal(tokenRequests() - before, 2)
    })

    test('a secret is rotated with the newer known here first, and there first', async () => {
      const before = tokenRequests()
      const credential = ['the newer one', secrets.basic] as const
      const source = tokenSource({ issuer, clientId: 'basic', credential, resource: apis.opaque })
      const first = await source.token()
      secrets.basic = 'the newer one'
      const second = await source.renewToken(first)
      assert.notEqual(second.value, first.value)
      assert.equal(tokenRequests() - before, 4)
      const late = tokenSource({ issuer, clientId: 'basic', credential: 'secret of b:asic%' })
      await assert.rejects(late.token(), refused('invalid_client'))
    })
  })
}
