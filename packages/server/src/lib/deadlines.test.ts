import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDeadlines } from './deadlines.ts'
import type { HttpResponse } from './message.ts'

const answer = (status: number): HttpResponse => ({ status, headers: {} })
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

const start = () => {
  let now = 0
  let again: (() => void) | undefined
  const deadlines = createDeadlines({
    elapsed: () => now,
    later: (action) => {
      assert.equal(again, undefined, 'one timer for all')
      again = action
    },
  })
  return {
    deadlines,
    /** Lets time pass, and the timer look. @returns whether it will look again */
    pass: async (milliseconds: number) => {
      now += milliseconds
      const action = again
      again = undefined
      action?.()
      await settled()
      return again !== undefined
    },
    /** Some work that is due, and what its caller was told. */
    begin: (due: number | { due: number }, kind = 'write') => {
      const work = Promise.withResolvers<HttpResponse>()
      const told: (number | string)[] = []
      const term = typeof due === 'number' ? { due } : due
      deadlines
        .keep(kind, work.promise, term, () => answer(503))
        .then(
          ({ status }) => told.push(status),
          (error: Error) => told.push(error.message),
        )
      return { work, told }
    },
  }
}

test('what is ready in time is answered as it is, and its failure is passed on', async () => {
  const { begin, pass, deadlines } = start()
  const [ok, failing] = [begin(100), begin(100)]
  ok.work.resolve(answer(200))
  failing.work.reject(new Error('no'))
  await settled()
  assert.equal(await pass(1000), false)
  assert.deepEqual([ok.told, failing.told], [[200], ['no']])
  assert.equal(deadlines.loads().size, 0)
})

test('what is not ready when it is due is answered without it, and counted until and after it ends', async () => {
  const { begin, pass, deadlines } = start()
  const three = [begin(100), begin(100), begin(100)]
  assert.equal(await pass(99), true)
  assert.deepEqual(three[0]?.told, [])
  assert.equal(await pass(1), false)
  assert.deepEqual(
    three.map(({ told }) => told),
    [[503], [503], [503]],
  )
  assert.deepEqual(deadlines.loads().get('write'), { late: 3, abandoned: 3, done: 0 })
  three[0]?.work.resolve(answer(200))
  three[1]?.work.resolve(answer(400))
  three[2]?.work.reject(new Error('lost'))
  await settled()
  assert.deepEqual(three[0]?.told, [503])
  assert.deepEqual(deadlines.loads().get('write'), { late: 3, abandoned: 0, done: 1 })
})

test('each is answered when its own is due, whatever came first, and a term that is put off counts', async () => {
  const { begin, pass, deadlines } = start()
  const term = { due: 50 }
  const [later, sooner, moved] = [begin(200), begin(100, 'read'), begin(term)]
  term.due = 300
  assert.equal(await pass(150), true)
  assert.deepEqual([later.told, sooner.told, moved.told], [[], [503], []])
  assert.equal(await pass(100), true)
  assert.deepEqual([later.told, moved.told], [[503], []])
  assert.equal(await pass(50), false)
  assert.deepEqual(moved.told, [503])
  assert.deepEqual([...deadlines.loads().keys()], ['read', 'write'])
})
