import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recorder } from '../../test/fake-terminal.ts'
import { createProgress } from './progress.ts'
import { createScreen } from './terminal.ts'

const shown = (terminal: boolean, milliseconds: number): string => {
  const output = recorder(terminal)
  let now = 0
  const progress = createProgress(createScreen(output.stream, { NO_COLOR: '1' }), 'clients', () => now)
  now = milliseconds
  progress.update(500, 1000)
  progress.finish()
  return output.text()
}

test('what takes long shows a bar on a terminal and wipes it at the end', () => {
  assert.equal(shown(true, 1000), `\r\u001b[Kclients ${'█'.repeat(12)}${'░'.repeat(12)} 500 of 1000\r\u001b[K`)
})

test('what is quick, or seen by nobody, shows none', () => {
  assert.equal(shown(true, 100), '')
  assert.equal(shown(false, 10_000), '')
})
