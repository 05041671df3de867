import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ConfidentialClientApplication, ProtocolMode } from '@azure/msal-node'
import { issue } from '../../packages/server/test/certificates.ts'
import { startForStrangers } from './stranger-server.ts'
import { formats, scopeOf, startTryingTokens } from './working-token.ts'

const clientId = 'daemon'
const place = { tenant: 'strangers', workspace: 'e2e' }
const rsaKeys = (): Promise<CryptoKeyPair> =>
  crypto.subtle.generateKey(
    { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
    true,
    ['sign', 'verify'],
  )
const certificate = await issue({
  subject: 'CN=daemon',
  keys: await rsaKeys(),
  signature: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as Algorithm,
})
const digest = async (hash: string): Promise<string> =>
  Buffer.from(await crypto.subtle.digest(hash, new Uint8Array(certificate.der))).toString('hex')

const server = await startForStrangers(undefined, { transport: 'tls' })
const assertWorks = await startTryingTokens(server)
const { permissions } = await server.admin.showClient({ ...place, client: 'stranger' })
await server.admin.createClient(place, {
  id: clientId,
  capabilities: ['client_credentials'],
  authenticationMethods: ['private_key_jwt'],
  permissions,
  // Its assertions are for the token endpoint, whoever the issuer is.
  tokenEndpointAudience: true,
})
await server.admin.createClientKey({ ...place, client: clientId }, { type: 'key', certificate: certificate.cert })

const acquire = async (clientCertificate: object, scope: string): Promise<string> => {
  const { issuer } = server
  const msal = new ConfidentialClientApplication({
    auth: {
      clientId,
      clientCertificate: clientCertificate as { privateKey: string; thumbprintSha256: string },
      authority: issuer,
      knownAuthorities: [new URL(issuer).host],
    },
    system: { protocolMode: ProtocolMode.OIDC },
  })
  return (await msal.acquireTokenByClientCredential({ scopes: [scope] }))?.accessToken ?? ''
}

describe('@azure/msal-node with a certificate', () => {
  for (const format of formats) {
    test(`gets a token (${format}) that works at the API and at introspection`, async () => {
      const credential = { privateKey: certificate.key, thumbprintSha256: await digest('SHA-256') }
      await assertWorks(await acquire(credential, scopeOf(format)), format, clientId)
    })
  }

  test('gets none when it names the certificate by SHA-1', async () => {
    const credential = { privateKey: certificate.key, thumbprint: await digest('SHA-1') }
    await assert.rejects(acquire(credential, scopeOf('jwt')), /invalid_client/)
  })

  test('gets none with another key, or for a certificate that is not registered', async () => {
    const other = await issue({ subject: 'CN=daemon', keys: await rsaKeys(), by: await issue({}) })
    const thumbprintSha256 = await digest('SHA-256')
    await assert.rejects(acquire({ privateKey: other.key, thumbprintSha256 }, scopeOf('jwt')), /invalid_client/)
    const unknown = { privateKey: certificate.key, thumbprintSha256: 'ab'.repeat(32) }
    await assert.rejects(acquire(unknown, scopeOf('jwt')), /invalid_client/)
  })
})
