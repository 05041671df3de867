import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { clockLeeway } from '../../tokens/inspect.ts'
import { clockTolerance, createClockVote, isOutvoted } from './clock-vote.ts'

const minutes = 60_000
/** Which nodes step back, of nodes so far ahead of the database's clock. */
const aside = (nodes: readonly number[]): readonly boolean[] =>
  nodes.map((own, index) => isOutvoted(own, [0, ...nodes.filter((_, other) => other !== index)]))

test('a clock is outvoted by most of the others and the database, and by nobody where they differ', () => {
  assert.deepEqual(aside([0, 0, 5 * minutes]), [false, false, true])
  assert.deepEqual(aside([0, -5 * minutes]), [false, true])
  // The database's is the wrong one.
  assert.deepEqual(aside([5 * minutes, 5 * minutes, 5 * minutes]), [false, false, false])
  assert.deepEqual(aside([5 * minutes, 5 * minutes]), [false, false])
  // Nobody can tell.
  assert.deepEqual(aside([5 * minutes]), [false])
  assert.deepEqual(aside([0, 5 * minutes, 5 * minutes]), [false, false, false])
  assert.deepEqual(aside([5 * minutes, -5 * minutes]), [false, false])
  assert.deepEqual(aside([0, clockTolerance]), [false, false])
  assert.equal(clockTolerance, clockLeeway * 1000)
})

test('whatever clocks show, some node is not outvoted, and of nodes that agree with most none is', () => {
  const clock = fc.integer({ min: -10 * minutes, max: 10 * minutes })
  fc.assert(
    fc.property(fc.array(clock, { minLength: 1, maxLength: 12 }), (nodes) => {
      assert.ok(aside(nodes).includes(false))
    }),
  )
  const close = fc.integer({ min: 0, max: clockTolerance / 2 })
  fc.assert(
    fc.property(fc.array(close, { minLength: 2, maxLength: 8 }), fc.array(clock, { maxLength: 8 }), (good, wrong) => {
      const few = wrong.slice(0, good.length)
      assert.deepEqual(
        aside([...good, ...few]).slice(0, good.length),
        good.map(() => false),
      )
    }),
  )
})

const start = () => {
  let now = 0
  let jumped = 0
  const vote = createClockVote(
    () => now,
    () => 1_800_000_000_000 + now + jumped,
  )
  const second = (own: number, others: Readonly<Record<string, number>>): boolean => {
    now += 1000
    for (const [node, ahead] of Object.entries(others)) vote.heard(node, ahead)
    vote.measured(own)
    return vote.isAside()
  }
  const seconds = (count: number, own: number, others: Readonly<Record<string, number>>): readonly boolean[] =>
    Array.from({ length: count }, () => second(own, others))
  const jump = (milliseconds: number): void => {
    jumped += milliseconds
  }
  return { vote, seconds, jump }
}

test('a node steps back two seconds after most are against its clock, and comes back with the first look that is right', () => {
  const { vote, seconds } = start()
  assert.deepEqual(seconds(5, 10, { b: 0, c: 20 }), Array(5).fill(false))
  assert.deepEqual(seconds(4, 5 * minutes, { b: 0, c: 20 }), [false, false, true, true])
  assert.equal(vote.ahead(), 5 * minutes)
  assert.deepEqual(seconds(1, 10, { b: 0, c: 20 }), [false])
})

test('who hears of no other node any more does not step back, and one that has just connected does not yet judge', () => {
  const { vote, seconds } = start()
  assert.deepEqual(seconds(3, 5 * minutes, { b: 0 }), [false, false, false])
  assert.deepEqual(seconds(3, 5 * minutes, { b: 0 }), [false, true, true])
  vote.reconnected()
  assert.deepEqual(seconds(2, 5 * minutes, {}), [true, true], 'nothing new is known')
  assert.deepEqual(seconds(1, 5 * minutes, {}), [false])
  assert.deepEqual(seconds(3, 5 * minutes, { b: 0 }), [false, false, true])
  assert.deepEqual(seconds(6, 5 * minutes, {}), [true, true, true, true, true, false])
})

test('a jump of the clock is known at once, before the database is asked again', () => {
  const { vote, seconds, jump } = start()
  seconds(1, 20, {})
  jump(5 * minutes)
  assert.equal(vote.ahead(), 5 * minutes + 20)
  seconds(1, 5 * minutes + 30, {})
  assert.equal(vote.ahead(), 5 * minutes + 30)
})
