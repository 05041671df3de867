import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CommandFailure } from '../failure.ts'
import { readStrictYaml } from './strict-yaml.ts'

const refused = (text: string, message: RegExp) =>
  assert.throws(
    () => readStrictYaml(text, 'a.yaml'),
    (error: CommandFailure) => {
      assert.equal(error.exitCode, 78)
      assert.match(error.message, message)
      return true
    },
  )

test('plain YAML and JSON are read, several documents too', () => {
  assert.deepEqual(readStrictYaml('a: 1\nb: [x, yes]\n---\nc: null', 'a.yaml'), [
    { a: 1, b: ['x', 'yes'] },
    { c: null },
  ])
  assert.deepEqual(readStrictYaml('{"a": {"b": [true]}}', 'a.yaml'), [{ a: { b: [true] } }])
  assert.deepEqual(readStrictYaml('', 'a.yaml'), [])
})

test('a key given twice is refused, with its line', () => {
  refused('a: 1\nb: 2\na: 3', /a\.yaml, line 3: .*unique/)
  refused('x:\n  {a: 1, a: 2}', /line 2/)
})

test('a file that would expand without end is refused before it does', () => {
  const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x]']
  for (let level = 1; level < 12; level++)
    lines.push(
      `a${level}: &a${level} [${Array(9)
        .fill(`*a${level - 1}`)
        .join(',')}]`,
    )
  const begin = performance.now()
  refused(lines.join('\n'), /line 1: anchors and aliases/)
  assert.ok(performance.now() - begin < 1000)
  refused('a: 1\nb: *a', /a\.yaml, line 2/)
})

test('tags, keys that are no text, malformed and very deep files are refused', () => {
  refused('a: !!js/function "x"', /line 1/)
  refused('a: !secret x', /line 1/)
  refused('? [a, b]\n: c', /line 1/)
  refused('a: [1, 2', /line/)
  refused('a:\n\t- b', /line 2/)
  refused(`a: ${'['.repeat(100)}${']'.repeat(100)}`, /nested too deeply/)
})

test('a key named __proto__ is a key and changes no object', () => {
  const [value] = readStrictYaml('__proto__: {polluted: true}', 'a.yaml')
  assert.equal(({} as { polluted?: boolean }).polluted, undefined)
  assert.deepEqual(Object.keys(value as object), ['__proto__'])
})

test('whatever a file holds, it is read or refused with exit code 78', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json()), (text) => {
      try {
        readStrictYaml(text, 'a.yaml')
      } catch (error) {
        assert.ok(error instanceof CommandFailure && error.exitCode === 78, String(error))
      }
    }),
  )
})

test('a large file is read in a time that grows with its length and not with its square', () => {
  const text = `clients:\n${Array.from({ length: 20_000 }, (_, index) => `  client-${index}: {enabled: true}\n`).join('')}`
  const began = performance.now()
  assert.equal(Object.keys((readStrictYaml(text, 'a.yaml')[0] as { clients: object }).clients).length, 20_000)
  assert.ok(performance.now() - began < 10_000)
})
