import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuditEventView } from '@mintmark/protocol/admin'
import { recorder } from '../test/fake-terminal.ts'
import { renderEvent } from './audit-view.ts'
import { createScreen } from './terminal/terminal.ts'

const refused: AuditEventView = {
  sequence: 7,
  time: '2026-01-02T03:04:05.678Z',
  type: 'token.refused',
  workspace: 'acme/payments',
  client: 'billing',
  reference: 'a1b2c3d4e5',
  error: 'invalid_client',
  check: 'credential-proven',
  expected: 'a live credential of this client',
}
const program = createScreen(recorder().stream, {})
const terminal = createScreen(recorder(true, 80).stream, { NO_COLOR: '1' })

test('an event is one line where no terminal reads it', () => {
  const text = renderEvent(refused, program)
  assert.equal(text.split('\n').length, 2)
  assert.ok(text.endsWith('check=credential-proven expected=a live credential of this client\n'))
})

test('on a terminal nothing of an event is left out: it goes on, indented, within the width', () => {
  const lines = renderEvent(refused, terminal).trimEnd().split('\n')
  assert.deepEqual(lines, [
    '2026-01-02T03:04:05.678Z  token.refused',
    '    reference=a1b2c3d4e5 acme/payments client=billing error=invalid_client',
    '    check=credential-proven expected=a live credential of this client',
  ])
})

test('what a commit did is said in words', () => {
  const changes = [
    { action: 'created', kind: 'api', id: 'orders' },
    { action: 'created', kind: 'credential', id: 's1' },
  ]
  const event = { sequence: 1, time: refused.time, type: 'configuration.changed', changes }
  assert.match(renderEvent(event, program), /changes=created api orders, created credential s1\n$/)
})
