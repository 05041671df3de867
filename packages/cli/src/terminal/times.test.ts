import assert from 'node:assert/strict'
import { test } from 'node:test'
import { duration, instant, relative } from './times.ts'

test('a duration is said in its two largest units', () => {
  assert.equal(duration(0), '0 seconds')
  assert.equal(duration(1), '1 second')
  assert.equal(duration(299), '4 minutes 59 seconds')
  assert.equal(duration(3600), '1 hour')
  assert.equal(duration(90_061), '1 day 1 hour')
})

test('an instant is said in UTC, with its distance from now', () => {
  const now = Date.UTC(2026, 0, 31, 12)
  assert.equal(relative(now + 300_000, now), '2026-01-31T12:05:00Z (in 5 minutes)')
  assert.equal(relative(now - 60_000, now), '2026-01-31T11:59:00Z (1 minute ago)')
})

test('a time beyond any calendar is no error', () => {
  assert.equal(instant(1e300), 'beyond any calendar')
  assert.equal(relative(Number.MAX_VALUE, 0), 'beyond any calendar')
})
