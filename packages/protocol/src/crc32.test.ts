import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 as reference } from 'node:zlib'
import fc from 'fast-check'
import { crc32 } from './crc32.ts'

test('the check value of the CRC catalogue is met', () => {
  assert.equal(crc32('123456789'), 0xcbf4_3926)
  assert.equal(crc32(''), 0)
  assert.equal(crc32('123456789xyz', 9), 0xcbf4_3926)
})

test('it agrees with zlib on any ASCII text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
      assert.equal(crc32(text), reference(text))
    }),
  )
})
