import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CommandFailure } from './failure.ts'
import { readTokenRate, tokenRate } from './token-rate.ts'

test('a limit of tokens is a number a second, with a burst or without, or none', () => {
  for (const [perSecond, burst, expected] of [
    [undefined, undefined, undefined],
    ['10', undefined, { perSecond: 10 }],
    ['0.5', '3', { perSecond: 0.5, burst: 3 }],
    ['none', undefined, null],
  ] as const) {
    assert.deepEqual(readTokenRate({ 'tokens-per-second': perSecond, 'token-burst': burst }), expected)
  }
})

test('what is no limit is a mistake in the usage', () => {
  for (const [perSecond, burst] of [
    ['ten', undefined],
    ['-1', undefined],
    ['1e3', undefined],
    ['', undefined],
    ['10', '1.5'],
    ['10', 'none'],
    ['none', '5'],
    [undefined, '5'],
  ] as const) {
    assert.throws(() => readTokenRate({ 'tokens-per-second': perSecond, 'token-burst': burst }), CommandFailure)
  }
})

test('a limit is shown in words, and none is not', () => {
  assert.equal(tokenRate({}), undefined)
  assert.equal(tokenRate({ tokenRateLimit: { perSecond: 0.5 } }), '0.5 a second, on each node')
  assert.equal(tokenRate({ tokenRateLimit: { perSecond: 10, burst: 20 } }), '10 a second, 20 at once, on each node')
})
