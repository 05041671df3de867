import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { maximumAttempts, pauseAfter } from './retry-schedule.ts'

const day = 86_400_000
const jitter = fc.double({ min: 0, max: 1, noNaN: true })

test('pauses grow from five seconds to twelve hours, each up to a tenth earlier or later', () => {
  assert.equal(pauseAfter(1, 0.5), 5000)
  assert.equal(pauseAfter(maximumAttempts - 1, 0.5), 43_200_000)
  fc.assert(
    fc.property(fc.integer({ min: 1, max: maximumAttempts - 1 }), jitter, (attempts, random) => {
      const middle = pauseAfter(attempts, 0.5) ?? 0
      const pause = pauseAfter(attempts, random) ?? 0
      assert.ok(pause >= middle * 0.9 - 1 && pause <= middle * 1.1 + 1)
      if (attempts > 1) assert.ok(middle >= (pauseAfter(attempts - 1, 0.5) ?? 0))
    }),
  )
})

test('whatever the jitter, a message is given up after about three days, and never tried after that', () => {
  fc.assert(
    fc.property(fc.array(jitter, { minLength: maximumAttempts, maxLength: maximumAttempts }), (jitters) => {
      const pauses = jitters.map((random, index) => pauseAfter(index + 1, random))
      assert.equal(pauses.at(-1), undefined)
      const total = pauses.slice(0, -1).reduce((sum: number, pause) => sum + (pause ?? Number.NaN), 0)
      assert.ok(total > 2.5 * day && total < 3.7 * day, `${total / day} days`)
    }),
  )
  assert.equal(pauseAfter(maximumAttempts + 5, 0), undefined)
})
