import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recorder } from '../../test/fake-terminal.ts'
import { countDifferences, renderDifferences } from './differences.ts'
import { createScreen } from './terminal.ts'

const screen = createScreen(recorder().stream, {})
const differences = [
  { action: 'created', kind: 'client', id: 'billing', members: [{ name: 'displayName', after: 'Billing' }] },
  {
    action: 'updated',
    kind: 'api',
    id: 'orders',
    members: [
      { name: 'tokenLifetime', before: 300, after: 900 },
      { name: 'algorithm', before: 'ES256' },
      { name: 'scopes', before: ['a', 'b'], after: ['b', 'c'] },
    ],
  },
  { action: 'deleted', kind: 'credential', id: 'c1', parent: 'old', members: [{ name: 'hint', before: 'xyz' }] },
] as const

test('what is created, updated and deleted is shown member by member, lists by what came and went', () => {
  assert.equal(
    renderDifferences(structuredClone(differences) as never, screen),
    `+ client billing
    displayName: "Billing"
~ api orders
    tokenLifetime: 300 → 900
    algorithm: "ES256" → none
    scopes
      - "a"
      + "c"
- credential c1 of old
`,
  )
})

test('no difference is said in words', () => {
  assert.equal(renderDifferences([], screen), 'No changes.\n')
  assert.equal(countDifferences([]), 'nothing')
  assert.equal(countDifferences(structuredClone(differences) as never), '1 created, 1 updated, 1 deleted')
})
