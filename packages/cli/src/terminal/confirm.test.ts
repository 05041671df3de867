import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyboard, recorder } from '../../test/fake-terminal.ts'
import type { CommandFailure } from '../failure.ts'
import { confirm } from './confirm.ts'
import { createScreen } from './terminal.ts'

const ask = (terminal: boolean, typed: string | undefined, interrupted = new AbortController().signal) => {
  const output = recorder(terminal)
  const stdin = keyboard(undefined, terminal)
  const screen = createScreen(output.stream, { NO_COLOR: '1' })
  const answered = confirm({ stdin, stderr: output.stream, screen, interrupted }, 'Delete it?', false)
  if (typed !== undefined) stdin.write(typed)
  return { answered, output, stdin }
}

const code = (expected: number) => (error: CommandFailure) => {
  assert.equal(error.exitCode, expected)
  return true
}

test('y and yes go on', async () => {
  const first = ask(true, 'y\n')
  await first.answered
  assert.match(first.output.text(), /Delete it\? \[y\/N\]/)
  await ask(true, 'YES\n').answered
})

test('anything else, also nothing, does not', async () => {
  await assert.rejects(ask(true, 'n\n').answered, code(1))
  await assert.rejects(ask(true, '\n').answered, code(1))
  const { answered, stdin } = ask(true, undefined)
  stdin.end()
  await assert.rejects(answered, code(1))
})

test('Ctrl-C at the question interrupts', async () => {
  await assert.rejects(ask(true, '\u0003').answered, code(130))
  const controller = new AbortController()
  const { answered } = ask(true, undefined, controller.signal)
  controller.abort()
  await assert.rejects(answered, code(130))
})

test('where nobody can be asked --yes is needed', async () => {
  await assert.rejects(ask(false, 'y\n').answered, code(2))
  const { stream } = recorder()
  const asking = {
    stdin: keyboard(''),
    stderr: stream,
    screen: createScreen(stream, {}),
    interrupted: new AbortController().signal,
  }
  await confirm(asking, 'Delete it?', true)
})
