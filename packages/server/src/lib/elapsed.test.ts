import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createElapsed } from './elapsed.ts'

test('time goes on while the machine sleeps, and never goes back', () => {
  const clocks = { monotonic: 1000, wall: 1_000_000 }
  const elapsed = createElapsed(
    () => clocks.monotonic,
    () => clocks.wall,
  )
  assert.equal(elapsed(), 1000)
  clocks.monotonic += 50
  clocks.wall += 60
  assert.equal(elapsed(), 1050, 'a clock that is adjusted')
  clocks.wall += 3_600_000
  assert.equal(elapsed(), 3_601_050, 'a machine that slept')
  clocks.wall -= 86_400_000
  clocks.monotonic += 1
  assert.equal(elapsed(), 3_601_051, 'a clock that was set back')
})
