import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { test } from 'node:test'
import { derSignature, ecdsaSign, joseSignature, p256, p384, p521, toBigInt } from './ecdsa.ts'

test('RFC 6979 A.2.5: the signature of "sample" on P-256', () => {
  const d = 0xc9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721n
  const { r, s } = ecdsaSign(p256, d, Buffer.from('sample'))
  assert.equal(r, 0xefd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716n)
  assert.equal(s, 0xf7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8n)
})

test('Node verifies what is signed here, on every curve and in both forms', () => {
  for (const curve of [p256, p384, p521]) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: curve.name })
    const { d } = privateKey.export({ format: 'jwk' })
    const message = Buffer.from(`a message on ${curve.name}`)
    const signature = ecdsaSign(curve, toBigInt(Buffer.from(d ?? '', 'base64url')), message)
    assert.deepEqual(ecdsaSign(curve, toBigInt(Buffer.from(d ?? '', 'base64url')), message), signature)
    const key = createPublicKey(privateKey)
    const jose = joseSignature(signature, curve.size)
    assert.ok(verify(curve.hash, message, { key, dsaEncoding: 'ieee-p1363' }, jose), curve.name)
    assert.ok(verify(curve.hash, message, { key, dsaEncoding: 'der' }, derSignature(signature)), curve.name)
  }
})
