import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createHalfSipHash, type HashText } from './half-sip-hash.ts'
import { createPackedMap, type PackedMap, type PackedValue } from './packed-map.ts'

const text: PackedValue<string> = {
  write: (_key, value) => Buffer.from(value),
  read: (_key, bytes, start, end) => bytes.toString('utf8', start, end),
}

const mapOf = (capacity: number, hash: HashText = createHalfSipHash([1, 2])): PackedMap<string> =>
  createPackedMap({ capacity, hash, value: text, prefixLength: (key) => key.indexOf('/') + 1 })

/** Hashes by which all keys meet, by which many do, and by which those meet that differ in what a table divides by late or soon. */
const hashes: Readonly<Record<string, HashText>> = {
  'the one that is used': createHalfSipHash([7, 8]),
  'the same for all': () => 0xdeadbeef,
  nothing: () => 0,
  'the length of the key': (key) => key.length,
  'the first character, in the highest bits': (key) => (key.charCodeAt(0) << 24) >>> 0,
  'the last character, times sixteen': (key) => (key.charCodeAt(key.length - 1) || 0) * 16,
}

const key = fc.oneof(
  fc.constantFrom('', 'a', 'ä', 'ab', 'a/', 'a/b', 'a/a/b', 'b/b', '/', '//', 'aa'),
  fc.string({ maxLength: 3, unit: fc.constantFrom('a', 'b', '/', 'ÿ') }),
)
const operation = fc.record({
  name: fc.constantFrom('set', 'set', 'delete', 'get' as const),
  key,
  text: fc.string({ unit: 'grapheme', maxLength: 12 }),
})

for (const [name, hash] of Object.entries(hashes)) {
  test(`it gives back exactly what a map would, whatever is set, replaced and deleted, where the hash is ${name}`, () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
        const map = mapOf(1000, hash)
        const model = new Map<string, string>()
        for (const { name, key, text } of operations) {
          if (name === 'set') {
            map.set(key, text)
            model.set(key, text)
          } else if (name === 'delete') {
            map.delete(key)
            model.delete(key)
          }
          assert.equal(map.get(key), model.get(key))
          assert.equal(map.size(), model.size)
        }
        for (const [known, text] of model) assert.equal(map.get(known), text)
        assert.deepEqual(new Map(map.entries()), model)
      }),
    )
  })
}

test('many values outgrow chunks and buckets, each is found, and what is deleted is not', () => {
  const map = mapOf(30_000)
  const textOf = (index: number): string => `${index} `.repeat(20)
  const numbers = Array.from({ length: 30_000 }, (_, index) => index)
  for (const index of numbers) map.set(`fleet/key-${index}`, textOf(index))
  for (const index of numbers) assert.equal(map.get(`fleet/key-${index}`), textOf(index))
  assert.equal(map.get('fleet/key-30000'), undefined)
  for (const index of numbers) if (index % 3 > 0) map.delete(`fleet/key-${index}`)
  for (const index of numbers) {
    assert.equal(map.get(`fleet/key-${index}`), index % 3 > 0 ? undefined : textOf(index))
  }
  assert.equal(map.size(), 10_000)
  assert.equal([...map.entries()].length, 10_000)
})

test('two thousand keys that meet in one place are each found, replaced and deleted', () => {
  const map = mapOf(10_000, () => 12)
  const numbers = Array.from({ length: 2000 }, (_, index) => index)
  for (const index of numbers) map.set(`fleet/${index}`, 'before')
  for (const index of numbers) if (index % 2 === 0) map.set(`fleet/${index}`, `${index}`)
  for (const index of numbers) if (index % 4 === 1) map.delete(`fleet/${index}`)
  for (const index of numbers) {
    const expected = index % 2 === 0 ? `${index}` : index % 4 === 1 ? undefined : 'before'
    assert.equal(map.get(`fleet/${index}`), expected)
  }
})

test('a key is told from one that has the same characters divided otherwise, or another workspace', () => {
  const map = mapOf(10, () => 1)
  map.set('acme/one', 'kept')
  for (const other of ['acme/on', 'acme/one1', 'acmf/one', 'cme/one', 'one', 'acme/', 'acme/onE', '']) {
    assert.equal(map.get(other), undefined)
    map.delete(other)
  }
  assert.equal(map.get('acme/one'), 'kept')
})

test('more prefixes than are kept once are kept each with its key', () => {
  const map = mapOf(100_000)
  for (let index = 0; index < 66_000; index += 1) map.set(`${index}/a`, `${index}`)
  for (let index = 0; index < 66_000; index += 1) assert.equal(map.get(`${index}/a`), `${index}`)
  assert.equal(new Map(map.entries()).get('65999/a'), '65999')
})

test('it is full after so many values, those replaced and deleted counted, and empty once all are gone', () => {
  const map = mapOf(3)
  map.set('a', '1')
  map.set('b', '2')
  map.delete('a')
  assert.deepEqual([map.size(), map.isFull()], [1, false])
  map.set('c', '3')
  assert.deepEqual([map.size(), map.isFull(), map.get('c')], [2, true, '3'])
  map.delete('b')
  map.delete('c')
  assert.deepEqual([map.size(), map.isFull(), map.get('b'), [...map.entries()].length], [0, false, undefined, 0])
})

test('a value of more than a chunk is not kept, and neither is the one it replaces', () => {
  const map = mapOf(10)
  map.set('a', 'short')
  map.set('a', 'x'.repeat(1 << 20))
  assert.equal(map.get('a'), undefined)
  map.set('a', 'y'.repeat(1_000_000))
  assert.equal(map.get('a')?.length, 1_000_000)
})

test('the longest that fits in a chunk is kept, and what comes after it', () => {
  const map = mapOf(1000)
  for (let length = 1_048_500; length < 1_048_576; length += 1) map.set('a', 'x'.repeat(length))
  map.set('b', 'after')
  assert.equal(map.get('b'), 'after')
})

test('a key that is no Latin-1 or long is not kept, and finds nothing', () => {
  const map = mapOf(10)
  map.set('ä', 'of Latin-1')
  for (const key of ['\u{1f511}', 'a\u0101', '\ud800', 'k'.repeat(256)]) {
    map.set(key, 'not kept')
    assert.equal(map.get(key), undefined)
  }
  assert.equal(map.get('\u01e4'), undefined)
  assert.deepEqual([...map.entries()], [['ä', 'of Latin-1']])
  map.set('k'.repeat(255), 'kept')
  assert.equal(map.get('k'.repeat(255)), 'kept')
})
