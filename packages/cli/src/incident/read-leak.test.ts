import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { accessTokenPrefix, clientSecretPrefix, sealFormat } from '@mintmark/protocol'
import fc from 'fast-check'
import { readLeak } from './read-leak.ts'

const secret = sealFormat(clientSecretPrefix, new Uint8Array(32).fill(9))
const token = sealFormat(accessTokenPrefix, new Uint8Array(200).fill(7))
const jwt = `eyJhbGciOiJFUzI1NiJ9.${Buffer.from('{"jti":"x"}').toString('base64url')}.c2ln`

test('each form is known, with blanks around it and as an Authorization header has it', () => {
  for (const around of [(text: string) => text, (text: string) => `  ${text}\n`, (text: string) => `Bearer ${text}`]) {
    assert.deepEqual(readLeak(around(secret)), {
      kind: 'secret',
      shown: `mmk_cs_…${secret.slice(-4)}`,
      digest: createHash('sha256').update(secret).digest('base64url'),
    })
    assert.equal(readLeak(around(token)).kind, 'token')
    assert.equal(readLeak(around(jwt)).kind, 'token')
    assert.equal(readLeak(around('Ab3dE6gH9k.AAAAAAAAAAAAAAAAAAAAAA')).kind, 'jti')
    assert.equal(readLeak(around('correct horse')).kind, 'chosen-secret')
  }
})

test('of a private key nothing but the public members is kept, in PEM and as a JWK', () => {
  for (const [type, options] of [
    ['ec', { namedCurve: 'P-256' }],
    ['ed25519', {}],
    ['rsa', { modulusLength: 2048 }],
  ] as const) {
    const { privateKey, publicKey } = generateKeyPairSync(type as 'ec', options as { namedCurve: string })
    const jwk = publicKey.export({ format: 'jwk' })
    const forms = [
      privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      JSON.stringify(privateKey.export({ format: 'jwk' })),
      publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      JSON.stringify(jwk),
    ]
    for (const form of forms) {
      const leak = readLeak(form)
      assert.deepEqual(leak.kind === 'key' && leak.jwk, { ...jwk })
    }
  }
})

test('a part of a secret, a broken key and nothing are refused, and not repeated', () => {
  for (const text of [secret.slice(0, -1), `${token}x`, '-----BEGIN PRIVATE KEY-----\nAAAA\n', '{"kty":"EC"}', ' \n']) {
    assert.throws(
      () => readLeak(text),
      (error: Error) => error.name === 'CommandFailure' && !error.message.includes(text.slice(0, 12)),
    )
  }
})

test('what is shown never holds what leaked', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 64 }), fc.string({ minLength: 9 }), (bytes, chosen) => {
      const generated = sealFormat(clientSecretPrefix, bytes)
      assert.ok(!JSON.stringify(readLeak(generated)).includes(generated.slice(7, -4)))
      fc.pre(chosen.trim() !== '' && !/^(Bearer |mmk_|-----|\{|eyJ)/i.test(chosen.trim()))
      const leak = readLeak(chosen)
      assert.ok(leak.kind === 'jti' || !leak.shown.includes(chosen.trim()))
    }),
  )
})
