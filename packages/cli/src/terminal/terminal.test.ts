import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyboard, recorder } from '../../test/fake-terminal.ts'
import { canAsk, createScreen } from './terminal.ts'

test('colours are for terminals, and for nobody who sets NO_COLOR or has a dumb one', () => {
  const coloured = (terminal: boolean, environment: Record<string, string>) =>
    createScreen(recorder(terminal).stream, environment).paint('red', 'x') !== 'x'
  assert.equal(coloured(true, {}), true)
  assert.equal(coloured(false, {}), false)
  assert.equal(coloured(true, { NO_COLOR: '1' }), false)
  assert.equal(coloured(true, { NO_COLOR: '' }), true)
  assert.equal(coloured(true, { TERM: 'dumb' }), false)
})

test('lines are as long as they are where no terminal reads them', () => {
  assert.equal(createScreen(recorder(false).stream, {}).width, undefined)
  assert.equal(createScreen(recorder(true, 120).stream, {}).width, 120)
})

test('somebody can be asked only when input and questions are both on a terminal', () => {
  const screen = (terminal: boolean) => createScreen(recorder(terminal).stream, {})
  assert.equal(canAsk(keyboard('', true), screen(true)), true)
  assert.equal(canAsk(keyboard('', false), screen(true)), false)
  assert.equal(canAsk(keyboard('', true), screen(false)), false)
})
