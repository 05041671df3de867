import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClockWatch } from './clock-watch.ts'

const hour = 3_600_000

const start = () => {
  let wall = Date.UTC(2026, 0, 1)
  let passed = 0
  let ahead = 0
  const watch = createClockWatch(
    { now: () => wall },
    () => passed,
    () => ahead,
  )
  return {
    be: (milliseconds: number) => {
      ahead = milliseconds
    },
    steady: watch.steady,
    pass: (milliseconds: number) => {
      wall += milliseconds
      passed += milliseconds
    },
    jump: (milliseconds: number) => {
      wall += milliseconds
    },
  }
}

test('a clock that goes at the speed of time is believed, and one that is adjusted slowly', () => {
  const { steady, pass, jump } = start()
  for (let hours = 0; hours < 1000; hours += 1) {
    pass(hour)
    jump(1000)
    assert.equal(steady(), true)
  }
})

for (const [name, by] of [
  ['forward', hour],
  ['back', -hour],
] as const) {
  test(`REL-047: a clock that jumped ${name} is not believed for two hours, nor after it jumped again`, () => {
    const { steady, pass, jump } = start()
    jump(by)
    assert.equal(steady(), false)
    pass(1.5 * hour)
    assert.equal(steady(), false)
    jump(-by)
    assert.equal(steady(), false)
    pass(1.9 * hour)
    assert.equal(steady(), false)
    pass(0.1 * hour)
    assert.equal(steady(), true)
  })
}

test('a clock that is years ahead of the store, or behind it, is not believed, also when it never jumped; one that agrees is', () => {
  const { steady, pass, be } = start()
  for (const [ahead, believed] of [
    [3 * 365 * 24 * hour, false],
    [31_000, false],
    [29_000, true],
    [-29_000, true],
    [-31_000, false],
    [0, true],
  ] as const) {
    be(ahead)
    pass(hour)
    assert.equal(steady(), believed, String(ahead))
  }
})
