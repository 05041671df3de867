import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { proofMemory } from './proof-store.ts'

const start = 1_700_000_000_000
const life = 75_000

const setUp = (maximum: number) => {
  const clock = { wall: start, elapsed: 0 }
  const memory = proofMemory(
    maximum,
    () => clock.wall,
    () => clock.elapsed,
  )
  const pass = (milliseconds: number) => {
    clock.wall += milliseconds
    clock.elapsed += milliseconds
  }
  let made = 0
  const fresh = (key: string): boolean => {
    made += 1
    try {
      return memory.use(`${key} ${made}`, clock.wall + life, key) === true
    } catch (error) {
      assert.ok(error instanceof RangeError)
      return false
    }
  }
  return { clock, memory, pass, fresh }
}

test('the holder of one key cannot fill the memory for another, nor can several', () => {
  const { fresh, pass } = setUp(1_000)
  const fill = (key: string): number => {
    let count = 0
    while (fresh(key)) count += 1
    return count
  }
  assert.equal(fill('greedy'), 500)
  assert.equal(fill('second'), 250)
  assert.ok(fresh('somebody'))
  for (let key = 0; key < 5; key += 1) fill(`more ${key}`)
  assert.ok(fresh('somebody else'))
  pass(120_000)
  assert.equal(fill('greedy'), 500)
})

test('a wall clock that is set forth and back again gives no replay, and neither does one that goes slow', () => {
  const { clock, memory, pass } = setUp(10)
  assert.equal(memory.use('proof', clock.wall + life, 'key'), true)
  clock.wall += 3_600_000
  assert.equal(memory.use('another', clock.wall + life, 'key'), true)
  clock.wall -= 3_600_000
  assert.equal(memory.use('proof', start + life, 'key'), false)
  clock.elapsed += 100_000
  assert.equal(memory.use('proof', start + life, 'key'), false)
  pass(120_000)
  assert.equal(memory.use('proof', start + life, 'key'), true)
})

test('property: no proof is taken twice while it counts, whatever the clocks do but going on', () => {
  const action = fc.oneof(
    fc.record({ pass: fc.integer({ min: 0, max: 40_000 }) }),
    fc.record({ jump: fc.integer({ min: -7_200_000, max: 7_200_000 }) }),
    fc.record({ use: fc.nat({ max: 5 }) }),
  )
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const { clock, memory, pass } = setUp(10_000)
      const taken = new Map<string, number>()
      let jumped = 0
      for (const step of actions) {
        if ('pass' in step) pass(step.pass)
        else if ('jump' in step) {
          // Forth and back: the clock is right in the end.
          clock.wall -= jumped
          jumped = jumped === 0 ? step.jump : 0
          clock.wall += jumped
        } else {
          const id = `proof ${step.use}`
          const at = taken.get(id)
          const again = at !== undefined && clock.elapsed - at < life
          if (memory.use(id, clock.wall + life, 'key') === true) {
            assert.ok(!again, `${id} twice`)
            taken.set(id, clock.elapsed)
          }
        }
      }
    }),
  )
})

test('what is forgotten leaves nothing behind', () => {
  const { fresh, pass, memory, clock } = setUp(4)
  for (let round = 0; round < 50; round += 1) {
    assert.ok(fresh(`key ${round}`))
    assert.ok(fresh(`key ${round}`))
    pass(120_000)
  }
  assert.equal(memory.use('last', clock.wall + life, 'last'), true)
})
