import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccessTokenClaims, Confirmation } from '../domain/access-token.ts'
import { createOpaqueFormat } from './opaque.ts'

const key = { kid: 'k'.repeat(16), secret: new Uint8Array(32).fill(7) }
const opaque = createOpaqueFormat({
  keyring: {
    signer: () => assert.fail('nothing is signed'),
    sealer: () => key,
    sealedBy: async (_workspace, kid) => (kid === key.kid ? key : undefined),
    published: async () => [],
    records: async () => [],
    reload: () => {},
  },
})

const claims: AccessTokenClaims = {
  iss: 'https://issuer.test/acme/shop',
  aud: 'https://api.test',
  sub: 'c',
  client_id: 'c',
  iat: 1,
  exp: 61,
  jti: `abcdefghij.${Buffer.alloc(16, 9).toString('base64url')}`,
}
const bindings: readonly Confirmation[] = [{ jkt: 'thumbprint' }, { 'x5t#S256': 'thumbprint' }]

for (const one of [claims, ...bindings.map((cnf) => ({ ...claims, scope: 'a:read', cnf }))]) {
  test(`an opaque token carries ${JSON.stringify('cnf' in one ? one.cnf : 'no confirmation')} and gives it back`, async () => {
    const encoder = await opaque.prepare('acme/shop', 'ES256')
    const token = await encoder.encode(one)
    assert.deepEqual((await opaque.read('acme/shop', token))?.claims, one)
    assert.equal(await opaque.read('acme/other', token), undefined)
  })
}
