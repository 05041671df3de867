import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLastKnown } from './last-known.ts'

test('what was known before the machine slept is not used after it, though its own clock stood still', () => {
  const state = { newsAge: 1000, unreachable: true, clockAhead: 0, clockAside: false }
  const lastKnown = createLastKnown({ contact: () => state, limit: 300_000, elapsed: () => 50_000 })
  const asOf = lastKnown.asOf()
  assert.equal(lastKnown.mayUse(asOf), true)
  state.newsAge += 3_600_000
  assert.equal(lastKnown.mayUse(asOf), false)
  assert.equal(lastKnown.isRecent(asOf), false)
})
