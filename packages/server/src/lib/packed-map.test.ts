import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createPackedMap } from './packed-map.ts'

test('it gives back exactly what a map would, whatever is set, replaced and deleted, with any text and seed', () => {
  const key = fc.oneof(fc.constantFrom('', 'a', 'ä', 'ab', 'a/b', '\u{1f511}', 'aa'), fc.string({ maxLength: 3 }))
  const operation = fc.record({
    name: fc.constantFrom('set', 'delete', 'get' as const),
    key,
    text: fc.string({ unit: 'grapheme' }),
  })
  fc.assert(
    fc.property(fc.nat(2 ** 32 - 1), fc.array(operation, { maxLength: 300 }), (seed, operations) => {
      const map = createPackedMap(1000, seed)
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

test('many texts outgrow slots and chunks, and each is found', () => {
  const map = createPackedMap(30_000, 7)
  const textOf = (index: number): string => `${index} `.repeat(20)
  for (let index = 0; index < 30_000; index += 1) map.set(`key-${index}`, textOf(index))
  for (let index = 0; index < 30_000; index += 1) assert.equal(map.get(`key-${index}`), textOf(index))
  assert.equal(map.get('key-30000'), undefined)
})

test('it is full after so many texts, those replaced and deleted counted', () => {
  const map = createPackedMap(3, 1)
  map.set('a', '1')
  map.set('a', '2')
  map.delete('a')
  assert.deepEqual([map.size(), map.isFull()], [0, false])
  map.set('a', '3')
  assert.deepEqual([map.size(), map.isFull(), map.get('a')], [1, true, '3'])
})

test('a text of more than a chunk is not kept, and neither is the one it replaces', () => {
  const map = createPackedMap(10, 1)
  map.set('a', 'short')
  map.set('a', 'x'.repeat(1 << 20))
  assert.equal(map.get('a'), undefined)
  map.set('a', 'y'.repeat(1000_000))
  assert.equal(map.get('a')?.length, 1000_000)
})

test('a key that is no Unicode text finds nothing', () => {
  const map = createPackedMap(10, 1)
  map.set('a\u{fffd}', 'kept')
  assert.equal(map.get('a\ud800'), undefined)
})
