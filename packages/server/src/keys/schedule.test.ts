import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type KeyRecord, keyState } from '../domain/signing-key.ts'
import {
  type KeyPlan,
  type KeyTerms,
  newestKid,
  planCompromise,
  planFirst,
  planRotation,
  planSchedule,
  removable,
} from './schedule.ts'

const hour = 3_600_000
const day = 24 * hour
const terms: KeyTerms = { activeFor: 90 * day, announcedFor: hour, retiredFor: 25 * hour }
const born = Date.parse('2027-01-01T00:00:00Z')

const key = (kid: string, times: Partial<KeyRecord> = {}): KeyRecord => ({
  workspace: 'acme/cases',
  kid,
  use: 'sig',
  algorithm: 'ES256',
  created: born,
  activeFrom: born,
  retiredFrom: undefined,
  goneFrom: undefined,
  compromisedAt: undefined,
  publicJwk: '{}',
  sealedPrivateKey: '',
  ...times,
})

/** The records as they are after a plan was carried out. */
const after = (records: readonly KeyRecord[], plan: KeyPlan, now: number, kid: string): readonly KeyRecord[] => [
  ...records.map((record) => ({ ...record, ...plan.update.find((times) => times.kid === record.kid) })),
  ...(plan.announce === undefined ? [] : [key(kid, { created: now, ...plan.announce })]),
]

const states = (records: readonly KeyRecord[], now: number) =>
  Object.fromEntries(records.map((record) => [record.kid, keyState(record, now)]))

describe('the schedule', () => {
  test('does nothing before a key nears its end', () => {
    assert.deepEqual(planSchedule([key('a')], terms, born + 90 * day - hour - 1, true), {
      announce: undefined,
      update: [],
    })
    assert.deepEqual(planSchedule([], terms, born, true), { announce: undefined, update: [] })
  })

  test('announces the successor so long before that it signs when the term is over', () => {
    const now = born + 90 * day - hour
    const plan = planSchedule([key('a')], terms, now, true)
    assert.deepEqual(plan.announce, { activeFrom: born + 90 * day })
    const [first] = plan.update
    assert.equal(first?.retiredFrom, born + 90 * day)
    assert.equal(first?.goneFrom, born + 90 * day + 25 * hour)
    const records = after([key('a')], plan, now, 'b')
    assert.deepEqual(states(records, now), { a: 'active', b: 'announced' })
    assert.deepEqual(states(records, born + 90 * day), { a: 'retired', b: 'active' })
    assert.deepEqual(states(records, born + 90 * day + 25 * hour), { a: 'gone', b: 'active' })
    assert.deepEqual(planSchedule(records, terms, now + 1, true).announce, undefined)
  })

  test('after a long standstill the old key signs on until the successor was announced for its whole time', () => {
    const now = born + 400 * day
    const plan = planSchedule([key('a')], terms, now, true)
    assert.deepEqual(plan.announce, { activeFrom: now + hour })
    assert.equal(plan.update[0]?.retiredFrom, now + hour)
  })

  test('a key that nothing needs ends its term without a successor', () => {
    const now = born + 90 * day
    const plan = planSchedule([key('a')], terms, now, false)
    assert.equal(plan.announce, undefined)
    const records = after([key('a')], plan, now, '')
    assert.deepEqual(states(records, now), { a: 'retired' })
    assert.deepEqual(planSchedule(records, terms, now + 1, true), { announce: undefined, update: [] })
  })

  test('a retired key stays published longer when tokens may live longer than before, and never shorter', () => {
    const retired = key('a', { retiredFrom: born + day, goneFrom: born + day + 25 * hour })
    const records = [retired, key('b', { activeFrom: born + day })]
    const now = born + day + hour
    const longer = planSchedule(records, { ...terms, retiredFor: 49 * hour }, now, true)
    assert.deepEqual(
      longer.update.map(({ kid, goneFrom }) => [kid, goneFrom]),
      [['a', born + day + 49 * hour]],
    )
    assert.deepEqual(planSchedule(records, { ...terms, retiredFor: hour }, now, true).update, [])
  })
})

describe('a rotation by command', () => {
  test('announces a successor now, once', () => {
    const now = born + day
    const plan = planRotation([key('a')], terms, now)
    assert.deepEqual(plan.announce, { activeFrom: now + hour })
    const records = after([key('a')], plan, now, 'b')
    assert.equal(records[0]?.retiredFrom, now + hour)
    assert.deepEqual(planRotation(records, terms, now + 1), { announce: undefined, update: [] })
  })

  test('announces the first key of an algorithm ahead of its use', () => {
    assert.deepEqual(planRotation([], terms, born), { announce: { activeFrom: born + hour }, update: [] })
  })
})

describe('an emergency', () => {
  const now = born + day

  test('the key in use is gone and a new one signs at once', () => {
    const plan = planCompromise([key('a')], 'a', terms, now)
    assert.deepEqual(states(after([key('a')], plan, now, 'b'), now), { a: 'gone', b: 'active' })
  })

  test('an announced successor signs at once: verifiers may know it', () => {
    const begun = after([key('a')], planRotation([key('a')], terms, now - 1), now - 1, 'b')
    const plan = planCompromise(begun, 'a', terms, now)
    assert.equal(plan.announce, undefined)
    assert.deepEqual(states(after(begun, plan, now, ''), now), { a: 'gone', b: 'active' })
  })

  test('when the announced successor is given up, the key in use stays and gets another', () => {
    const begun = after([key('a')], planRotation([key('a')], terms, now - 1), now - 1, 'b')
    const plan = planCompromise(begun, 'b', terms, now)
    assert.equal(plan.announce, undefined)
    const left = after(begun, plan, now, '')
    assert.deepEqual(states(left, now + 100 * day), { a: 'active', b: 'gone' })
    assert.deepEqual(planRotation(left, terms, now).announce, { activeFrom: now + hour })
  })

  test('a retired key goes without touching the one in use; an unknown one and a second time change nothing', () => {
    const records = [
      key('a', { retiredFrom: born + hour, goneFrom: born + 50 * hour }),
      key('b', { activeFrom: born + hour }),
    ]
    const plan = planCompromise(records, 'a', terms, now)
    assert.deepEqual(
      plan.update.map(({ kid, compromisedAt }) => [kid, compromisedAt]),
      [['a', now]],
    )
    assert.equal(plan.announce, undefined)
    assert.deepEqual(planCompromise(after(records, plan, now, ''), 'a', terms, now + 1).update, [])
    assert.deepEqual(planCompromise(records, 'x', terms, now).update, [])
  })
})

test('without a key in use: one is made, or the announced one signs, unless all of them begin in the future', () => {
  assert.deepEqual(planFirst([], born), { action: 'make' })
  const announced = key('a', { activeFrom: born + hour })
  const plan = planFirst([announced], born + 1)
  assert.equal(plan.action === 'activate' && plan.update[0]?.activeFrom, born + 1)
  assert.deepEqual(planFirst([key('a')], born - day), { action: 'wait', created: born })
  const gone = key('a', { retiredFrom: born, goneFrom: born })
  assert.deepEqual(planFirst([gone], born + day), { action: 'make' })
})

test('rows of gone keys are kept for a day, so that a clock that jumps and returns destroys none', () => {
  const gone = key('a', { retiredFrom: born, goneFrom: born + hour })
  const given = key('b', { compromisedAt: born + hour })
  assert.deepEqual(removable([gone, given, key('c')], born + 24 * hour), [])
  assert.deepEqual(removable([gone, given, key('c')], born + 25 * hour), [gone, given])
})

test('the newest key is the one made last, whatever the order', () => {
  const records = [key('b', { created: born + 1 }), key('a'), key('c', { created: born + 1, activeFrom: born - 1 })]
  assert.equal(newestKid(records), 'b')
  assert.equal(newestKid(records.toReversed()), 'b')
  assert.equal(newestKid([]), '')
})

type Step = { readonly wait: number; readonly action: 'none' | 'rotate' | 'compromise' }

test('whatever is done and whenever: one key is in use at every time, announced and published long enough', () => {
  const step: fc.Arbitrary<Step> = fc.record({
    wait: fc.integer({ min: 0, max: 100 * day }),
    action: fc.constantFrom('none', 'none', 'rotate', 'compromise'),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      let now = born
      let records: readonly KeyRecord[] = [key('k0')]
      let made = 1
      const carryOut = (plan: KeyPlan) => {
        records = after(records, plan, now, `k${made}`)
        if (plan.announce !== undefined) made += 1
      }
      const inUse = (at: number) =>
        records.filter((record) => keyState(record, at) === 'active').toSorted((a, b) => b.activeFrom - a.activeFrom)[0]
      for (const { wait, action } of steps) {
        const before = records
        for (let at = now; at <= now + wait; at += Math.max(1, Math.floor(wait / 7))) assert.ok(inUse(at))
        now += wait
        const used = inUse(now)
        if (action === 'rotate') carryOut(planRotation(records, terms, now))
        if (action === 'compromise' && used !== undefined) carryOut(planCompromise(records, used.kid, terms, now))
        carryOut(planSchedule(records, terms, now, true))
        assert.ok(inUse(now), 'a key is in use')
        assert.deepEqual(planSchedule(records, terms, now, true), { announce: undefined, update: [] })
        for (const record of records) {
          const old = before.find(({ kid }) => kid === record.kid)
          if (record.compromisedAt === undefined && record.goneFrom !== undefined) {
            assert.ok(record.goneFrom - (record.retiredFrom ?? Number.POSITIVE_INFINITY) >= terms.retiredFor)
          }
          const inEmergency = action === 'compromise' && record.activeFrom === now
          if (record.kid !== 'k0' && old === undefined && !inEmergency) {
            assert.ok(record.activeFrom - record.created >= terms.announcedFor)
          }
          if (old !== undefined && old.activeFrom <= now - wait) assert.equal(record.activeFrom, old.activeFrom)
        }
        assert.ok(records.filter((record) => keyState(record, now) === 'announced').length <= 1)
      }
    }),
  )
})
