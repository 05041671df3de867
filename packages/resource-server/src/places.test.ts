import assert from 'node:assert/strict'
import { test } from 'node:test'
import { places } from './places.ts'

test('there are so many places and no more, and one that was given back is free', () => {
  const { take } = places({ maximum: 2, patience: 10, now: () => 0 })
  const giveBack = take()
  assert.ok(giveBack && take())
  assert.equal(take(), undefined)
  giveBack()
  giveBack()
  assert.ok(take())
  assert.equal(take(), undefined)
})

test('a place that is never given back is free after a while', () => {
  const clock = { time: 0 }
  const { take } = places({ maximum: 1, patience: 10, now: () => clock.time })
  const lost = take()
  clock.time = 9
  assert.equal(take(), undefined)
  clock.time = 10
  assert.ok(take())
  // It frees its own place, which is another's by now, for nobody.
  lost?.()
  assert.equal(take(), undefined)
})
