import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClosing, type Stage } from './closing.ts'

test('what was opened ends stage by stage, in whatever order it was added, and the last of a stage first', async () => {
  const ended: string[] = []
  const closing = createClosing()
  const open = (stage: Stage, name: string) => closing.add(stage, { close: async () => ended.push(name) })
  open('store', 'store')
  open('store', 'spool')
  open('listeners', 'listeners')
  open('application', 'application')
  open('background', 'background')
  await closing.close()
  assert.deepEqual(ended, ['background', 'listeners', 'application', 'spool', 'store'])
  await closing.close()
  assert.equal(ended.length, 5, 'nothing is closed twice')
})
