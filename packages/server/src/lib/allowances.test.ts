import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createAllowances } from './allowances.ts'

const allowance = { burst: 3, interval: 1000 }

const start = ({ capacity = 100, quiet = 60_000 } = {}) => {
  let now = 5e6
  const allowances = createAllowances({ capacity, quiet, elapsed: () => now })
  return {
    ...allowances,
    pass: (milliseconds: number) => {
      now += milliseconds
    },
    spendTimes: (key: string, times: number) => {
      for (let time = 0; time < times; time += 1) allowances.spend(key, allowance)
    },
    waitOf: (key: string) => allowances.wait(key, allowance),
  }
}

test('what an allowance holds may be spent at once, and comes back one by one', () => {
  const { spendTimes, waitOf, pass } = start()
  assert.equal(waitOf('a'), 0)
  spendTimes('a', 2)
  assert.equal(waitOf('a'), 0)
  spendTimes('a', 1)
  assert.equal(waitOf('a'), 1000)
  pass(400)
  assert.equal(waitOf('a'), 600)
  pass(600)
  assert.equal(waitOf('a'), 0)
  spendTimes('a', 1)
  assert.equal(waitOf('a'), 1000)
  assert.equal(waitOf('b'), 0)
})

test('what is spent beyond the allowance is owed to nobody', () => {
  const { spendTimes, waitOf, exhaust } = start()
  spendTimes('a', 1000)
  assert.equal(waitOf('a'), 1000)
  exhaust('b', allowance)
  exhaust('b', allowance)
  assert.equal(waitOf('b'), 1000)
})

test('who was given a larger allowance does not wait as the smaller one said', () => {
  const { exhaust, wait, spend, pass } = start()
  exhaust('a', { burst: 1, interval: 3_600_000 })
  assert.equal(wait('a', { burst: 1, interval: 3_600_000 }), 3_600_000)
  assert.equal(wait('a', { burst: 5, interval: 100 }), 100)
  spend('a', { burst: 5, interval: 100 })
  assert.equal(wait('a', { burst: 5, interval: 100 }), 100)
  pass(100)
  assert.equal(wait('a', { burst: 5, interval: 100 }), 0)
})

test('in any time no more is spent than the allowance and what came back', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 200 }), (pauses) => {
      const { waitOf, spendTimes, pass } = start()
      let spent = 0
      for (const pause of pauses) {
        pass(pause)
        if (waitOf('a') > 0) continue
        spendTimes('a', 1)
        spent += 1
      }
      const passed = pauses.reduce((sum, pause) => sum + pause, 0)
      assert.ok(spent <= allowance.burst + passed / allowance.interval)
    }),
  )
})

test('a note is kept while the allowance is in use, and until it was left alone for long enough', () => {
  const { spendTimes, note, noteOf, pass } = start({ quiet: 60_000 })
  note('a', 'nothing was spent')
  assert.equal(noteOf('a'), undefined)
  spendTimes('a', 3)
  note('a', 'one')
  pass(3000 + 59_999)
  assert.equal(noteOf('a'), 'one')
  spendTimes('a', 1)
  pass(1000 + 60_000)
  assert.equal(noteOf('a'), undefined)
  spendTimes('a', 1)
  assert.equal(noteOf('a'), undefined)
})

test('however many keys come, no more are held, and what is owed most is forgotten last', () => {
  const { spendTimes, waitOf, size, pass } = start({ capacity: 50 })
  spendTimes('blocked', 3)
  for (let stranger = 0; stranger < 10_000; stranger += 1) spendTimes(`stranger-${stranger}`, 1)
  assert.equal(size(), 50)
  assert.equal(waitOf('blocked'), 1000)
  pass(3000)
  spendTimes('another', 1)
  // All were whole again.
  assert.ok(size() <= 50)
  assert.equal(waitOf('blocked'), 0)
})

test('a table full of what is blocked takes the next one all the same, and blocks nobody who is not in it', () => {
  const { spendTimes, waitOf, size } = start({ capacity: 50 })
  for (let stranger = 0; stranger < 500; stranger += 1) spendTimes(`stranger-${stranger}`, 3)
  spendTimes('next', 3)
  assert.equal(size(), 50)
  assert.equal(waitOf('next'), 1000)
  assert.equal(waitOf('nobody'), 0)
})
