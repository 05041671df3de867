import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundedCache } from './bounded-cache.ts'

test('the value set longest ago makes room', () => {
  const cache = boundedCache<number>(2)
  cache.set('a', 1)
  cache.set('b', 2)
  cache.set('a', 3)
  cache.set('c', 4)
  assert.deepEqual([cache.get('a'), cache.get('b'), cache.get('c')], [3, undefined, 4])
  cache.delete('a')
  cache.set('d', 5)
  assert.deepEqual([cache.get('a'), cache.get('c'), cache.get('d')], [undefined, 4, 5])
})
