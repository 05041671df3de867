import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CompactSign, generateKeyPair } from 'jose'
import { everyAlgorithm, verifiers } from '../test/verify-compact.ts'
import { decodeBase64url } from './base64url.ts'
import { signatureAlgorithms } from './signature-algorithm.ts'

test('both ways of verification agree on every algorithm: good, of another key, of another text, and of any length', async () => {
  for (const algorithm of everyAlgorithm) {
    const { privateKey, publicKey } = await generateKeyPair(algorithm)
    const other = await generateKeyPair(algorithm)
    const sign = async (key: typeof privateKey) =>
      (await new CompactSign(Uint8Array.of(1, 2, 3)).setProtectedHeader({ alg: algorithm }).sign(key)).split('.')
    const [header = '', payload = '', text = ''] = await sign(privateKey)
    const [, , stranger = ''] = await sign(other.privateKey)
    const signature = decodeBase64url(text)
    for (const [by, verifierFor] of Object.entries(verifiers)) {
      const where = `${algorithm} ${by}`
      const verify = verifierFor(signatureAlgorithms[algorithm], publicKey)
      assert.equal(await verify(`${header}.${payload}`, signature), true, where)
      assert.equal(await verify(`${header}.${payload}`, decodeBase64url(stranger)), false, where)
      assert.equal(await verify(`${header}.${payload}A`, signature), false, where)
      for (const length of [0, 1, signature.length - 1]) {
        assert.equal(await verify(`${header}.${payload}`, signature.slice(0, length)), false, `${where} ${length}`)
      }
      assert.equal(await verify(`${header}.${payload}`, new Uint8Array(signature.length)), false, where)
    }
  }
})
