import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readTarget, type TargetProblem } from './read-target.ts'

const refusals: readonly (readonly [TargetProblem, readonly string[]])[] = [
  [
    'target-form',
    ['', 'reports', '*', 'http://api/reports', '\\reports', '%2freports', '?a', 'HTTP://x/', '//'.slice(2)],
  ],
  ['path-empty-segment', ['//', '//reports', '/reports//5', '/reports//', '///']],
  [
    'path-segment-end',
    [
      '/.',
      '/..',
      '/./reports',
      '/reports/..',
      '/reports/../admin',
      '/reports./5',
      '/reports/5.',
      '/reports...',
      '/a%20',
      '/%20a',
      '/a%20/b',
      '/a%E3%80%80',
      '/a%EF%BC%8E',
    ],
  ],
  [
    'path-parameters',
    ['/reports;a=b', '/;/reports', '/reports/5;', '/reports%3Ba', '/reports/..;/admin', '/reports%3b'],
  ],
  [
    'path-encoding',
    // Encoded dividers, dots, percent signs, letters; what is no encoding; overlong and broken UTF-8; controls.
    [
      '/a%2fb',
      '/a%2Fb',
      '/a%5cb',
      '/%2e%2e/a',
      '/a/%2E',
      '/a%252fb',
      '/a%25',
      '/%61dmin',
      '/admin%2d',
      '/a%5F',
      '/a%7E',
      '/a%',
      '/a%2',
      '/a%zz',
      '/a%u002f',
      '/%c0%af',
      '/%c1%9c',
      '/%e0%80%af',
      '/%f8%80%80%80%af',
      '/%80',
      '/%ed%a0%80',
      '/a%00',
      '/a%0d%0ab',
      '/a%09',
      '/a%7f',
      '/a%3f',
      '/a%23b',
      '/%30',
    ],
  ],
  [
    'path-characters',
    [
      '/a\\b',
      '/..\\admin',
      '/a b',
      '/a"',
      '/a<b>',
      '/{id}',
      '/a|b',
      '/a^b',
      '/a`b',
      '/[a]',
      '/a#b',
      '/é',
      '/a\u0000',
      '/a\tb',
      '/\u2025',
      '/%E2%80%AE',
      '/%E2%80%8B',
      '/%EF%BC%8Fadmin',
      '/a%E2%88%95b',
      '/a%EF%BC%BCb',
      '/a%EF%BC%85',
      '/a%C2%85',
      '/a%EF%BF%BD',
    ],
  ],
  ['query-characters', ['/a?b#c', '/a?b c', '/a?é', '/a?\u0000', '/a?b\r\nX: y']],
  ['target-too-long', [`/${'a'.repeat(8192)}`]],
]

test('a path that servers read differently is refused', () => {
  for (const [problem, targets] of refusals) {
    for (const target of targets) {
      assert.deepEqual(readTarget(target), { ok: false, problem }, JSON.stringify(target))
    }
  }
})

test('a plain path is read as it is sent', () => {
  const read = (target: string) => {
    const path = readTarget(target)
    return path.ok ? [path.segments, path.query] : path.problem
  }
  assert.deepEqual(read('/'), [[], ''])
  assert.deepEqual(read('/?'), [[], ''])
  assert.deepEqual(read('/reports/5'), [['reports', '5'], ''])
  assert.deepEqual(read('/reports/'), [['reports'], ''])
  assert.deepEqual(read('/.well-known/a..b/~me@x.example:8?next=/../%2e%2e//;x&y=%00'), [
    ['.well-known', 'a..b', '~me@x.example:8'],
    'next=/../%2e%2e//;x&y=%00',
  ])
  assert.deepEqual(read('/a%20b/%c3%a9t%c3%a9/x%40y'), [['a%20b', '%C3%A9t%C3%A9', 'x%40y'], ''])
  assert.deepEqual(read("/a!$&'()*+,=:@-._~b"), [["a!$&'()*+,=:@-._~b"], ''])
})

test('what encodeURIComponent makes of a harmless text is read, and comes back as it was', () => {
  const harmless = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((text) => /^[\p{L}\p{N}]+(?:[ @:+,_-][\p{L}\p{N}]+)*$/u.test(text) && text === text.normalize('NFKC'))
  fc.assert(
    fc.property(harmless, (text) => {
      const path = readTarget(`/${encodeURIComponent(text)}`)
      assert.ok(path.ok)
      assert.deepEqual(path.segments.map(decodeURIComponent), [text])
    }),
  )
})

test('no text makes reading fail, and what is accepted is accepted again', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (text) => {
      const path = readTarget(`/${text}`)
      if (!path.ok) return
      const again = readTarget(`/${path.segments.join('/')}`)
      assert.ok(again.ok)
      assert.deepEqual(again.segments, path.segments)
    }),
  )
})
