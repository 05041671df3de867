import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { accessTokenPrefix, clientSecretPrefix, openFormat, recognise, sealFormat } from './credential-format.ts'

test('SEC-040: a sealed credential has only characters that every encoding leaves alone', () => {
  const secret = sealFormat(clientSecretPrefix, new Uint8Array(32).fill(200))
  assert.match(secret, /^mmk_cs_[0-9A-Za-z]{51}$/)
  assert.equal(encodeURIComponent(secret), secret)
})

test('the format does not change between versions', () => {
  assert.equal(sealFormat(clientSecretPrefix, Uint8Array.of(1, 2, 3, 4, 5, 6)), 'mmk_cs_04iwreH0613U3y9')
  assert.equal(sealFormat(accessTokenPrefix, new Uint8Array(0)), 'mmk_at_1J9bEt')
})

test('whatever is sealed is opened and recognised', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const secret = sealFormat(clientSecretPrefix, bytes)
      const token = sealFormat(accessTokenPrefix, bytes)
      assert.deepEqual(openFormat(clientSecretPrefix, secret), bytes)
      assert.deepEqual(openFormat(accessTokenPrefix, token), bytes)
      assert.equal(openFormat(accessTokenPrefix, secret), undefined)
      assert.equal(recognise(secret), 'client_secret')
      assert.equal(recognise(token), 'access_token')
    }),
  )
})

test('any change of one character is noticed', () => {
  const secret = sealFormat(clientSecretPrefix, new Uint8Array(32).fill(7))
  for (let index = 0; index < secret.length; index += 1) {
    for (const character of ['0', 'z', 'é', ' ']) {
      const changed = secret.slice(0, index) + character + secret.slice(index + 1)
      if (changed !== secret) assert.equal(recognise(changed), undefined, changed)
    }
  }
  assert.equal(recognise(`${secret} `), undefined)
  assert.equal(recognise(secret.slice(0, -1)), undefined)
})

test('no text makes the reader throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(recognise(text), undefined)
      assert.equal(recognise(`mmk_cs_${text}`), undefined)
      assert.equal(openFormat(accessTokenPrefix, `mmk_at_${text}`), undefined)
    }),
  )
})
