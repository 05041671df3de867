import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OAuthError } from './oauth-error.ts'
import { formatScope, parseScope } from './scope.ts'

test('a scope is its tokens in order, each once', () => {
  assert.deepEqual(parseScope(''), [])
  assert.deepEqual(parseScope('api:read'), ['api:read'])
  assert.deepEqual(parseScope('b a b a'), ['b', 'a'])
})

test('RFC 6749 §3.3: characters outside of the set are refused', () => {
  for (const value of [' ', ' a', 'a ', 'a  b', 'a\tb', 'a\nb', 'a"b', 'a\\b', 'é', '\0', 'a\u2028b', '\x7f']) {
    assert.throws(
      () => parseScope(value),
      (error) => error instanceof OAuthError && error.code === 'invalid_scope' && error.check === 'scope-syntax',
      JSON.stringify(value),
    )
  }
})

test('every allowed character is allowed', () => {
  const allowed = String.fromCharCode(...Array.from({ length: 94 }, (_, index) => 0x21 + index)).replace(/["\\]/g, '')
  assert.deepEqual(parseScope(allowed), [allowed])
})

test('what is formatted is parsed back', () => {
  const token = fc.string({ minLength: 1, unit: fc.constantFrom('a', 'B', ':', '/', '.', '~', '!', '#', '0') })
  fc.assert(
    fc.property(fc.uniqueArray(token), (scopes) => {
      assert.deepEqual(parseScope(formatScope(scopes)), scopes)
    }),
  )
})

test('no value makes the parser throw anything but invalid_scope', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      try {
        parseScope(value)
      } catch (error) {
        assert.ok(error instanceof OAuthError && error.code === 'invalid_scope')
      }
    }),
  )
})

test('a value of a million characters is parsed in linear time', () => {
  for (const value of ['a '.repeat(500_000), 'a'.repeat(1_000_000)]) {
    const start = performance.now()
    try {
      parseScope(value)
    } catch (error) {
      assert.ok(error instanceof OAuthError)
    }
    assert.ok(performance.now() - start < 1_000)
  }
})
