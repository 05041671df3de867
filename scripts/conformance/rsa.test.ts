import assert from 'node:assert/strict'
import { constants, createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { test } from 'node:test'
import { pkcs1Block, pssSign, rawSign, sha256Info } from './rsa.ts'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const key = privateKey.export({ format: 'jwk' })
const message = Buffer.from('a message')

test('Node verifies the PSS signatures made here, for every hash', () => {
  for (const [hash, length] of [
    ['sha256', 32],
    ['sha384', 48],
    ['sha512', 64],
  ] as const) {
    const signature = pssSign(key, message, { hash, salt: Buffer.alloc(length, 7) })
    const options = { key: createPublicKey(privateKey), padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: length }
    assert.ok(verify(hash, message, options, signature), hash)
  }
})

test('a block that is made rightly is an ordinary signature', () => {
  const digest = createHash('sha256').update(message).digest()
  const signature = rawSign(key, pkcs1Block(key, Buffer.concat([sha256Info, digest])))
  assert.ok(verify('sha256', message, createPublicKey(privateKey), signature))
})
