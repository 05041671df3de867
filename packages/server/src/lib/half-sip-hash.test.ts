import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHalfSipHash } from './half-sip-hash.ts'

// Published by its authors: the key is the bytes 00 to 07, the text the bytes 00, 01, 02 and so on, so many of them.
const vectors: Readonly<Record<number, string>> = {
  ...{ 0: 'a9359f5b', 2: 'fa62a603', 4: '2a6e4689', 6: '5863fc23', 8: 'd0b8848f', 10: '94b07934' },
  ...{ 24: '27400c63', 48: '69e12ce3', 62: 'bd83997a' },
}

test('it is the hash its authors published', () => {
  const hash = createHalfSipHash([0x03020100, 0x07060504])
  for (const [length, expected] of Object.entries(vectors)) {
    const text = Buffer.from(Array.from({ length: Number(length) }, (_, index) => index)).toString('utf16le')
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(hash(text))
    assert.equal(bytes.toString('hex'), expected, `${length} bytes`)
  }
})

test('another key is another hash, and so is each text of another length', () => {
  const hash = createHalfSipHash([1, 2])
  assert.notEqual(hash('fleet-1'), createHalfSipHash([1, 3])('fleet-1'))
  assert.notEqual(hash('fleet-1'), createHalfSipHash([2, 2])('fleet-1'))
  const zeros = Array.from({ length: 100 }, (_, length) => hash('\0'.repeat(length)))
  assert.equal(new Set(zeros).size, zeros.length)
})
