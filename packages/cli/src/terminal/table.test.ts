import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { recorder } from '../../test/fake-terminal.ts'
import { type Column, renderFields, renderTable } from './table.ts'
import { createScreen } from './terminal.ts'
import { textWidth } from './text-width.ts'

type Row = { readonly id: string; readonly name: string; readonly count: number }

const columns: readonly Column<Row>[] = [
  { title: 'ID', value: ({ id }) => id, whole: true },
  { title: 'NAME', value: ({ name }) => name },
  { title: 'COUNT', value: ({ count }) => count, align: 'right' },
]
const plain = createScreen(recorder().stream, {})
const narrow = createScreen(recorder(true, 30).stream, { NO_COLOR: '1' })

test('columns stand under their titles, numbers to the right, without spaces at the end of lines', () => {
  const rows = [
    { id: 'a', name: 'First', count: 3 },
    { id: 'billing', name: '', count: 1200 },
  ]
  assert.equal(
    renderTable(rows, columns, plain),
    'ID       NAME   COUNT\na        First      3\nbilling          1200\n',
  )
})

test('nothing is cut when no terminal reads it', () => {
  const name = 'n'.repeat(500)
  assert.ok(renderTable([{ id: 'a', name, count: 1 }], columns, plain).includes(name))
})

test('no line is wider than the terminal, and ids stay whole', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ id: fc.stringMatching(/^[a-z]{1,6}$/), name: fc.string({ unit: 'grapheme' }), count: fc.nat(99) }),
      ),
      (rows) => {
        const lines = renderTable(rows, columns, narrow).split('\n')
        for (const line of lines) assert.ok(textWidth(line) <= 30, line)
        for (const [index, { id }] of rows.entries()) assert.ok(lines[index + 1]?.startsWith(id))
      },
    ),
  )
})

test('wide characters count as two columns', () => {
  const rows = [
    { id: 'a', name: '支付', count: 1 },
    { id: 'b', name: 'abcd', count: 1 },
  ]
  assert.equal(renderTable(rows, columns, plain), 'ID  NAME  COUNT\na   支付      1\nb   abcd      1\n')
})

test('text from elsewhere cannot steer the terminal', () => {
  const name = '\u001b[2J\u001b]0;title\u0007\u202eevil\nline\u009b1m'
  const text = renderTable([{ id: 'a', name, count: 1 }], columns, plain)
  assert.match(text, /\\u001b\[2J/)
  assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\u202e]/u)
  assert.equal(text.split('\n').length, 3)
})

test('fields leave out what is not there and give every element of a list a line', () => {
  const text = renderFields(
    [
      ['name', 'Billing'],
      ['note', undefined],
      ['scopes', ['a', 'b']],
      ['from', []],
    ],
    plain,
  )
  assert.equal(text, 'name    Billing\nscopes  a\n        b\nfrom    none\n')
})
