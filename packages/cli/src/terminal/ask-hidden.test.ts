import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { askHidden } from './ask-hidden.ts'

const never = new AbortController().signal

test('one line is read, and the end of the input is an empty one', async () => {
  const typed = new PassThrough()
  const asked = askHidden(typed, never)
  typed.write('mmk_cs_pasted\n')
  assert.equal(await asked, 'mmk_cs_pasted')
  const ended = new PassThrough()
  const nothing = askHidden(ended, never)
  ended.end()
  assert.equal(await nothing, '')
})

test('Ctrl-C, as a key and as a signal, ends it as interrupted', async () => {
  const typed = new PassThrough()
  const asked = askHidden(typed, never)
  typed.write('half\u0003')
  await assert.rejects(asked, { name: 'CommandFailure', message: 'interrupted' })
  const interrupted = new AbortController()
  const waiting = askHidden(new PassThrough(), interrupted.signal)
  interrupted.abort()
  await assert.rejects(waiting, { name: 'CommandFailure', message: 'interrupted' })
})
