import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { clientSecretPost, TokenError, type TokenEvent, tokenSource } from '@mintmark/client'
import { fileTokenCache } from '@mintmark/client/node'
import { startForStrangers, transports } from '../foreign/stranger-server.ts'

for (const transport of transports) {
  describe(`our client at our server, over ${transport}`, async () => {
    const server = await startForStrangers(undefined, { transport })
    const { issuer, tokenEndpoint } = server
    const secret = server.secrets.stranger ?? ''
    const client = { issuer, clientId: 'stranger', credential: secret }

    test('tokens of every format, by both methods, by issuer and by endpoint', async () => {
      for (const credential of [secret, clientSecretPost(secret), async () => secret]) {
        for (const place of [{ issuer }, { tokenEndpoint }]) {
          const source = tokenSource({ ...place, clientId: 'stranger', credential })
          const [byDefault, opaque] = await Promise.all([source.token(), source.token({ scope: 'use:opaque' })])
          assert.deepEqual(byDefault.scopes, ['use:ES256'])
          assert.match(opaque.value, /^mmk_at_/)
          const named = await source.token({ scope: 'use:RS256', resource: 'https://rs256.example' })
          assert.deepEqual(named.scopes, ['use:RS256'])
        }
      }
    })

    test('a shared token, and an error that the operator finds by its reference', async (context) => {
      const directory = mkdtempSync(join(tmpdir(), 'mintmark-own-'))
      context.after(() => rmSync(directory, { recursive: true }))
      const events: TokenEvent[] = []
      const cache = fileTokenCache({ directory: join(directory, 'tokens') })
      const source = () => tokenSource({ ...client, cache, onEvent: (event) => events.push(event) })
      assert.equal((await source().token()).value, (await source().token()).value)
      assert.deepEqual(
        events.map((event) => event.type === 'fetched' && event.from),
        ['server', 'cache'],
      )
      await assert.rejects(source().token({ scope: 'nosuch' }), (error) => {
        assert.ok(error instanceof TokenError)
        assert.equal(error.oauthError, 'invalid_scope')
        assert.match(error.reference ?? '', /^[A-Za-z0-9_-]+$/)
        return true
      })
    })

    test('a secret is rotated while two are named: here first, then there', async () => {
      const place = { tenant: 'strangers', workspace: 'e2e', client: 'stranger' }
      const [older] = (await server.admin.listSecrets(place)).items
      const { secret: newer = '' } = await server.admin.createSecret(place, { type: 'generated' })
      const early = tokenSource({ ...client, credential: [`${newer}x`, secret] })
      await early.token()
      const source = tokenSource({ ...client, credential: [secret, newer] })
      const first = await source.token()
      await server.admin.deleteSecret({ ...place, secret: older?.id ?? '' })
      const second = await source.renewToken(first)
      assert.notEqual(second.value, first.value)
    })
  })
}
