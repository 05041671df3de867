import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { maximumDepth, parseStrictObject } from './strict-json.ts'

test('every JSON object that is written once is read', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), fc.nat(3), (value, space) => {
      const text = JSON.stringify(value, undefined, space)
      assert.deepEqual(parseStrictObject(text), JSON.parse(text))
    }),
  )
})

test('a name twice in one object is refused, however it is spelled and wherever it is', () => {
  const twice = [
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '{"a":1,"b":2,"a":3}',
    '{"a":{"b":1,"b":2}}',
    '{"a":[{"b":1,"b":2}]}',
    '{"":1,"":2}',
    '{"__proto__":1,"__proto__":2}',
    '{"a":{"__proto__":{},"__proto__":{}}}',
    '{"a:":1,"a:":2}',
    '{"\\"":1,"\\"":2}',
    '{"1":1,"1":2}',
  ]
  for (const text of twice) assert.throws(() => parseStrictObject(text), SyntaxError, text)
  fc.assert(
    fc.property(fc.string(), fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (name, others, value) => {
      const text = JSON.stringify({ ...others, [name]: value })
      const again = `${text.slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(value)}}`
      assert.throws(() => parseStrictObject(again), SyntaxError)
    }),
  )
})

test('one name in several objects, and colons and braces in strings, are nothing unusual', () => {
  for (const text of [
    '{"a":{"a":[{"a":1},{"a":2}]}}',
    '{"a":":::{[","b:":"\\":"}',
    '{"__proto__":{"a":1},"a":2}',
    ' { "a" : 1 } ',
  ]) {
    assert.deepEqual(parseStrictObject(text), JSON.parse(text))
  }
  assert.ok(!('a' in {}))
})

test('what is no object, or more than one, is refused', () => {
  const texts = [
    '',
    'null',
    '[]',
    '1',
    '"{}"',
    '{} {}',
    '{}x',
    '\ufeff{}',
    '{',
    '{"a"}',
    '{"a":1,}',
    "{'a':1}",
    '{a:1}',
  ]
  for (const text of texts) assert.throws(() => parseStrictObject(text), SyntaxError, text)
})

test('depth is bounded, before anything is parsed', () => {
  const nested = (depth: number) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
  assert.ok(parseStrictObject(nested(maximumDepth)))
  assert.throws(() => parseStrictObject(nested(maximumDepth + 1)), SyntaxError)
  assert.throws(() => parseStrictObject('{"a":'.repeat(100_000)), SyntaxError)
  assert.throws(() => parseStrictObject('['.repeat(100_000)), SyntaxError)
})

test('what a parser complains of is not quoted', () => {
  assert.throws(
    () => parseStrictObject('{"secret":s3cr3t}'),
    (error) => error instanceof SyntaxError && !error.message.includes('s3cr3t') && error.cause === undefined,
  )
})
