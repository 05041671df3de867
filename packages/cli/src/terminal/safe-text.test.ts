import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { safeJson, safeText } from './safe-text.ts'

test('JSON for programs is the same value, with nothing in it that steers a terminal', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (value, text) => {
      const whole = { value, text: text.toWellFormed() }
      const written = safeJson(whole)
      assert.deepEqual(JSON.parse(written), JSON.parse(JSON.stringify(whole)))
      assert.doesNotMatch(written.replaceAll('\n', ''), /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u)
    }),
  )
})

test('a line of JSON is one line', () => {
  assert.equal(safeJson({ a: ['b\nc'] }, 0), '{"a":["b\\nc"]}')
})

test('lone surrogates become the replacement character', () => {
  assert.equal(safeText('a\ud800b'), 'a\ufffdb')
})
