import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeBase62, encodeBase62, encodeBase62Number } from './base62.ts'

test('bytes are written in chunks of five as seven characters', () => {
  assert.equal(encodeBase62(new Uint8Array(0)), '')
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 10, 32].map((length) => encodeBase62(new Uint8Array(length)).length),
    [2, 3, 5, 6, 7, 9, 14, 45],
  )
  assert.equal(encodeBase62(Uint8Array.of(0, 0, 0, 0, 61, 62)), '000000z10')
  assert.equal(encodeBase62(Uint8Array.of(255)), '47')
})

test('a number is written with leading zeros', () => {
  assert.equal(encodeBase62Number(0, 6), '000000')
  assert.equal(encodeBase62Number(61, 2), '0z')
  assert.equal(encodeBase62Number(62 ** 6 - 1, 6), 'zzzzzz')
  assert.equal(encodeBase62Number(62 ** 4, 6), '010000')
})

test('whatever is written is read back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const text = encodeBase62(bytes)
      assert.match(text, /^[0-9A-Za-z]*$/)
      assert.deepEqual(decodeBase62(text), bytes)
    }),
    { numRuns: 1_000 },
  )
})

test('the extremes of every chunk length are read back', () => {
  for (let length = 0; length <= 12; length += 1) {
    for (const byte of [0, 1, 127, 128, 255]) {
      const bytes = new Uint8Array(length).fill(byte)
      assert.deepEqual(decodeBase62(encodeBase62(bytes)), bytes)
    }
  }
})

test('only one text stands for given bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789ABCxyz') }), (text) => {
      const bytes = decodeBase62(text)
      if (bytes !== undefined) assert.equal(encodeBase62(bytes), text)
    }),
    { numRuns: 2_000 },
  )
  for (const text of ['48', 'zz', 'zzz', 'zzzzz', 'zzzzzz', 'zzzzzzz', '000000048']) {
    assert.equal(decodeBase62(text), undefined, text)
  }
})

test('impossible lengths and foreign characters are refused', () => {
  for (const text of ['0', '0000', '00000000', '0-', '0_', '0 ', '0é', '00\ud800', '0\u{1f600}', '+0']) {
    assert.equal(decodeBase62(text), undefined, text)
  }
})
