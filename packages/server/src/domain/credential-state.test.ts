import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { credentialState, endOf, isLasting, lifeOf, proves } from './credential-state.ts'

const now = 1_000_000

test('a credential is live unless its marks say otherwise, and draining until the very millisecond of its end', () => {
  assert.equal(credentialState({}, now), 'live')
  assert.equal(credentialState({ staged: true }, now), 'staged')
  assert.equal(credentialState({ drainsUntil: now + 1 }, now), 'draining')
  assert.equal(credentialState({ drainsUntil: now }, now), 'retired')
  assert.equal(credentialState({ retired: now - 1 }, now), 'retired')
})

test('a retired credential stays retired when the clock goes back', () => {
  assert.equal(credentialState({ retired: now + 60_000 }, now), 'retired')
})

test('an expired or frozen credential proves nothing in whatever state', () => {
  assert.equal(proves({ expires: now }, now), false)
  assert.equal(proves({ expires: now + 1 }, now), true)
  assert.equal(proves({ frozen: now - 1 }, now), false)
  assert.equal(proves({ drainsUntil: now + 1, frozen: now + 60_000 }, now), false)
})

const instant = fc.integer({ min: now - 5, max: now + 5 })
const life = fc.record(
  { staged: fc.constant(true as const), drainsUntil: instant, retired: instant, frozen: instant, expires: instant },
  { requiredKeys: [] },
)

test('whatever marks a credential has together, only a live or draining one proves, before each of its ends', () => {
  fc.assert(
    fc.property(life, (credential) => {
      const state = credentialState(credential, now)
      const expected =
        (state === 'live' || state === 'draining') && credential.frozen === undefined && now < endOf(credential)
      assert.equal(proves(credential, now), expected)
      if (proves(credential, now)) assert.ok(isLasting(credential, now))
    }),
  )
})

test('time alone never makes a credential prove again', () => {
  fc.assert(
    fc.property(life, fc.nat(20), (credential, later) => {
      if (!proves(credential, now)) assert.equal(proves(credential, now + later), false)
    }),
  )
})

test('what a body says of its life is read whole, and nothing is added', () => {
  fc.assert(
    fc.property(life, ({ expires, ...credential }) => {
      assert.deepEqual(lifeOf({ ...credential, expires, type: 'secret' }), credential)
    }),
  )
})
