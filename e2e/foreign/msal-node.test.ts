import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfidentialClientApplication, ProtocolMode } from '@azure/msal-node'
import { startForStrangers } from './stranger-server.ts'

const server = await startForStrangers()

const application = (clientSecret: string) =>
  new ConfidentialClientApplication({
    auth: {
      clientId: 'stranger',
      clientSecret,
      authority: server.issuer,
      knownAuthorities: [new URL(server.issuer).host],
    },
    system: { protocolMode: ProtocolMode.OIDC },
  })

test('msal-node gets a token of each format by client credentials, and then has it in its cache', async () => {
  const msal = application(server.secrets.stranger ?? '')
  for (const scope of ['use:ES256', 'use:opaque']) {
    const first = await msal.acquireTokenByClientCredential({ scopes: [scope] })
    assert.equal(first?.tokenType, 'Bearer')
    assert.equal(first?.fromCache, false)
    assert.deepEqual(first?.scopes, [scope])
    const lifetime = (first?.expiresOn?.getTime() ?? 0) - Date.now()
    assert.ok(lifetime > 3_500_000 && lifetime <= 3_601_000, String(lifetime))
    const second = await msal.acquireTokenByClientCredential({ scopes: [scope] })
    assert.equal(second?.fromCache, true)
    assert.equal(second?.accessToken, first?.accessToken)
  }
})

test('msal-node reads our refusals', async () => {
  await assert.rejects(application('wrong').acquireTokenByClientCredential({ scopes: ['use:ES256'] }), {
    errorCode: 'invalid_client',
  })
  const msal = application(server.secrets.stranger ?? '')
  await assert.rejects(msal.acquireTokenByClientCredential({ scopes: ['nosuch'] }), { errorCode: 'invalid_scope' })
})
