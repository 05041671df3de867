import assert from 'node:assert/strict'
import { test } from 'node:test'
import { differenceOf } from './match-output.ts'

const matches = (shown: string, printed: string) => differenceOf(shown.split('\n'), printed) === undefined

const same: readonly [string, string, string][] = [
  ['the same text', 'a (b) [c] $d\n', 'a (b) [c] $d\n'],
  ['blanks and empty lines at the end', 'a\n\n', 'a  \n'],
  ['nothing shown and nothing printed', '', ''],
  [
    '… for a part of a line',
    '{"access_token":"eyJ…","expires_in":3600}',
    '{"access_token":"eyJhb.x-_","expires_in":3600}\n',
  ],
  ['… for any number of lines', 'first\n…\nlast', 'first\n2\n3\nlast\n'],
  ['… for no line', 'first\n…\nlast', 'first\nlast\n'],
  [
    'placeholders',
    '<time> <id> <token> in <duration>',
    '2026-01-02T03:04:05.678Z a-1 mmk_at_0123456789abc in 1.5 ms\n',
  ],
  ['an unknown placeholder is text', 'usage: x <file>', 'usage: x <file>\n'],
]
for (const [name, shown, printed] of same) test(`matches: ${name}`, () => assert.ok(matches(shown, printed)))

const different: readonly [string, string, string][] = [
  ['other text', 'a', 'b\n'],
  ['output that is not shown', 'a', 'a\nb\n'],
  ['shown output that was not printed', 'a\nb', 'a\n'],
  ['nothing shown, something printed', '', 'warning\n'],
  ['… in a line does not cross lines', 'a…b', 'a\nb\n'],
  ['a placeholder of another kind', 'at <time>', 'at noon\n'],
]
for (const [name, shown, printed] of different) test(`differs: ${name}`, () => assert.ok(!matches(shown, printed)))

test('a difference shows both sides; with prefix the output may go on', () => {
  assert.equal(differenceOf(['a'], 'b\n'), 'shown on the page:\n  a\nprinted:\n  b')
  assert.equal(differenceOf(['ready', '…'], 'ready\nmore\n', { prefix: true }), undefined)
  assert.equal(differenceOf(['ready'], 'ready\nmore\n', { prefix: true }), undefined)
})
