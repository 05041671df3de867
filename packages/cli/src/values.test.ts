import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommandFailure } from './failure.ts'
import { listOrAbsent, readEnabled, readOverlap, readSeconds, readTime } from './values.ts'

const usage = (error: CommandFailure) => error.exitCode === 2
const now = Date.UTC(2026, 0, 31, 12)

test('a time span is seconds or has a unit', () => {
  assert.equal(readSeconds('299', '--lifetime'), 299)
  assert.equal(readSeconds('5m', '--lifetime'), 300)
  assert.equal(readSeconds('2w', '--lifetime'), 1_209_600)
  for (const text of ['', '-1', '1.5', '5 m', '1y', 'x', '9'.repeat(30)]) {
    assert.throws(() => readSeconds(text, '--lifetime'), usage, text)
  }
})

test('an overlap is 90 days at the most', () => {
  assert.equal(readOverlap('0'), 0)
  assert.equal(readOverlap('90d'), 7_776_000)
  assert.throws(() => readOverlap('91d'), { exitCode: 2, message: '--overlap is at the most 90d' })
})

test('an instant is a time, a date or a span before or after now', () => {
  assert.equal(readTime('2026-01-31T12:00:00Z', '--since', now, 'before'), '2026-01-31T12:00:00.000Z')
  assert.equal(readTime('2026-01-31T13:00:00+01:00', '--since', now, 'before'), '2026-01-31T12:00:00.000Z')
  assert.equal(readTime('2026-01-31', '--since', now, 'before'), '2026-01-31T00:00:00.000Z')
  assert.equal(readTime('1h', '--since', now, 'before'), '2026-01-31T11:00:00.000Z')
  assert.equal(readTime('1d', '--expires', now, 'after'), '2026-02-01T12:00:00.000Z')
  for (const text of ['', 'yesterday', '2026-13-01', '31.01.2026', '1769860800', '999999999w']) {
    assert.throws(() => readTime(text, '--since', now, 'before'), usage, text)
  }
})

test('a list may be repeated or separated by commas, holds each value once, and none empties it', () => {
  assert.deepEqual(listOrAbsent(['a,b', ' b ', 'c']), ['a', 'b', 'c'])
  assert.deepEqual(listOrAbsent(['none']), [])
  assert.equal(listOrAbsent([]), undefined)
})

test('enable and disable contradict each other', () => {
  assert.equal(readEnabled({ enable: true, disable: false }), true)
  assert.equal(readEnabled({ enable: false, disable: true }), false)
  assert.equal(readEnabled({ enable: false, disable: false }), undefined)
  assert.throws(() => readEnabled({ enable: true, disable: true }), usage)
})
