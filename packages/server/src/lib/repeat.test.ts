import assert from 'node:assert/strict'
import { test } from 'node:test'
import { repeat } from './repeat.ts'

test('work is repeated at its interval, and its failures are told', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] })
  const failures: unknown[] = []
  let done = 0
  const repetition = repeat(
    async () => {
      done += 1
      if (done === 2) throw new Error('second')
    },
    1000,
    (error) => failures.push(error),
  )
  for (let seconds = 0; seconds < 3; seconds += 1) {
    context.mock.timers.tick(1000)
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  assert.equal(done, 3)
  assert.match(String(failures), /second/)
  await repetition.close()
  context.mock.timers.tick(5000)
  assert.equal(done, 3)
})

test('work that is under way is not begun twice, and closing waits for it', async () => {
  const working = Promise.withResolvers<void>()
  let begun = 0
  const repetition = repeat(
    () => {
      begun += 1
      return working.promise
    },
    60_000,
    () => {},
  )
  const [first, second] = [repetition.now(), repetition.now()]
  let closed = false
  const closing = repetition.close().then(() => {
    closed = true
  })
  await new Promise<void>((resolve) => setImmediate(resolve))
  assert.deepEqual([begun, closed], [1, false])
  working.resolve()
  await Promise.all([first, second, closing])
  await repetition.now()
  assert.equal(begun, 1)
})

test('who asks for work now is told of its failure', async () => {
  const repetition = repeat(
    () => Promise.reject(new Error('no')),
    60_000,
    () => {},
  )
  await assert.rejects(repetition.now(), /no/)
  await repetition.close()
})
