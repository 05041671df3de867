import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createBoundedCache } from './bounded-cache.ts'

test('it never holds more than its capacity, and gives back only what was put in last under a key', () => {
  const operation = fc.record({
    name: fc.constantFrom('set', 'delete', 'get' as const),
    key: fc.integer({ min: 0, max: 40 }),
    value: fc.integer(),
  })
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 30 }), fc.array(operation, { maxLength: 300 }), (capacity, operations) => {
      const cache = createBoundedCache<number, number>(capacity)
      const model = new Map<number, number>()
      for (const { name, key, value } of operations) {
        if (name === 'set') {
          cache.set(key, value)
          model.set(key, value)
          assert.equal(cache.get(key), value)
        } else if (name === 'delete') {
          cache.delete(key)
          model.delete(key)
          assert.equal(cache.get(key), undefined)
        } else {
          const found = cache.get(key)
          assert.ok(found === undefined || found === model.get(key))
        }
        assert.ok(cache.size() <= capacity + (capacity % 2))
      }
    }),
  )
})

test('what was put in last stays while half the capacity comes after it', () => {
  const cache = createBoundedCache<number, string>(100)
  for (let key = 0; key < 1000; key += 1) cache.set(key, String(key))
  for (let key = 951; key < 1000; key += 1) assert.equal(cache.get(key), String(key))
})
