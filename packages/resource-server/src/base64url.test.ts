import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeBase64url, decodeBase64urlText, encodeBase64url } from './base64url.ts'

const spelled = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')

test('RFC 7515 §2: every byte string is read back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      assert.deepEqual([...decodeBase64url(spelled(bytes))], [...bytes])
      assert.equal(encodeBase64url(bytes), spelled(bytes))
    }),
  )
})

test('a byte string has one spelling: whatever is accepted is what would be written', () => {
  const character = fc.constantFrom(...'AQgwBEIMZz09-_', '=', '+', '/', ' ', '\n', '.', 'ä', '\0')
  fc.assert(
    fc.property(fc.string({ unit: character, maxLength: 12 }), (text) => {
      let bytes: Uint8Array
      try {
        bytes = decodeBase64url(text)
      } catch (error) {
        assert.ok(error instanceof TypeError)
        assert.notEqual(spelled(Buffer.from(text, 'base64url')), text)
        return
      }
      assert.equal(spelled(bytes), text)
    }),
    { numRuns: 1_000 },
  )
})

test('padding, other alphabets, white space and stray bits are refused', () => {
  for (const text of ['QQ==', 'QQ=', 'QR', 'QUJ', 'Q', 'QUJDR', '+_8', 'QQ\n', ' QQ', 'Q Q', 'ＱQ']) {
    assert.throws(() => decodeBase64url(text), TypeError, text)
    assert.throws(() => decodeBase64urlText(text), TypeError, text)
  }
})

test('text is UTF-8 in its shortest form', () => {
  for (const text of ['', 'abc', 'ä€😀', '\ufeff']) {
    assert.equal(decodeBase64urlText(spelled(Buffer.from(text))), text)
  }
  for (const bytes of [[0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82], [0xff]]) {
    assert.throws(() => decodeBase64urlText(spelled(Uint8Array.from(bytes))), TypeError, String(bytes))
  }
})
