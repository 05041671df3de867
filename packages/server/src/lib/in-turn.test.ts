import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createInTurn } from './in-turn.ts'

test('work of one name runs one after the other, in order, and work of another beside it', async () => {
  const inTurn = createInTurn()
  const seen: string[] = []
  const gate = Promise.withResolvers<void>()
  const first = inTurn('a', async () => {
    seen.push('first begins')
    await gate.promise
    seen.push('first ends')
    return 1
  })
  const second = inTurn('a', async () => {
    seen.push('second')
    return 2
  })
  assert.equal(await inTurn('b', async () => 3), 3)
  assert.deepEqual(seen, ['first begins'])
  gate.resolve()
  assert.deepEqual(await Promise.all([first, second]), [1, 2])
  assert.deepEqual(seen, ['first begins', 'first ends', 'second'])
})

test('work that fails is heard of by whoever asked for it, and the next one runs', async () => {
  const inTurn = createInTurn()
  const failed = inTurn('a', async () => Promise.reject(new Error('no')))
  const next = inTurn('a', async () => 'done')
  await assert.rejects(failed, /no/)
  assert.equal(await next, 'done')
})
