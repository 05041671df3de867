import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRememberingCache } from './remembering-cache.ts'

test('what is retired is past, as of that time, until it is put in again or deleted', () => {
  const cache = createRememberingCache<string, number>(10)
  cache.set('a', 1)
  cache.set('b', 2)
  cache.retire(1000)
  assert.equal(cache.get('a'), undefined)
  assert.equal(cache.size(), 0)
  assert.deepEqual(cache.past('a'), { value: 1, asOf: 1000 })
  cache.set('a', 3)
  assert.equal(cache.get('a'), 3)
  assert.equal(cache.past('a'), undefined, 'what is so is not past')
  cache.delete('b')
  assert.equal(cache.past('b'), undefined)
})

test('retiring nothing forgets nothing and makes nothing newer', () => {
  const cache = createRememberingCache<string, number>(10)
  cache.set('a', 1)
  cache.retire(1000)
  for (const later of [2000, 3000]) cache.retire(later)
  assert.deepEqual(cache.past('a'), { value: 1, asOf: 1000 })
})

test('a few that came since soon after join the many and are taken for as old; long after they take their place', () => {
  const cache = createRememberingCache<string, number>(10)
  for (const name of ['a', 'b', 'c']) cache.set(name, 1)
  cache.retire(1000)
  cache.set('d', 4)
  cache.retire(20_000)
  assert.deepEqual(cache.past('d'), { value: 4, asOf: 1000 })
  assert.deepEqual(cache.past('c'), { value: 1, asOf: 1000 })
  cache.set('e', 5)
  cache.retire(60_000)
  assert.deepEqual(cache.past('e'), { value: 5, asOf: 60_000 })
  assert.equal(cache.past('a'), undefined)
})

test('some tells of what is so and of what was', () => {
  const cache = createRememberingCache<string, number>(10)
  cache.set('a', 1)
  cache.retire(5)
  cache.set('b', 2)
  assert.ok(cache.some((value, asOf) => value === 1 && asOf === 5))
  assert.ok(cache.some((value, asOf) => value === 2 && asOf === undefined))
  assert.ok(!cache.some((value) => value === 3))
})
