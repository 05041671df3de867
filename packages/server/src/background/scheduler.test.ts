import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { silentLog } from '../lib/log.ts'
import { createStatistics } from '../operations/statistics.ts'
import { type BackgroundTask, createBackground, purgeInBatches } from './scheduler.ts'

const start = (context: TestContext, tasks: readonly BackgroundTask[], steady = () => true) => {
  const statistics = createStatistics()
  const background = createBackground({ tasks, clockWatch: { steady }, statistics, log: silentLog, jitter: () => 0.5 })
  context.after(() => background.close())
  return { background, outcomes: statistics.tasks }
}

const task = (more: Partial<BackgroundTask> & Pick<BackgroundTask, 'run'>): BackgroundTask => ({
  name: 'task',
  interval: 3_600_000,
  forgets: false,
  ...more,
})

test('a task runs at its interval, and again after it failed', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  let runs = 0
  const finished: PromiseWithResolvers<void>[] = [Promise.withResolvers(), Promise.withResolvers()]
  const { background, outcomes } = start(context, [
    task({
      interval: 1000,
      run: async () => {
        runs += 1
        finished[runs - 1]?.resolve()
        if (runs === 1) throw new Error('once')
      },
    }),
  ])
  background.start()
  assert.equal(runs, 0)
  context.mock.timers.tick(1000)
  await finished[0]?.promise
  await new Promise((resolve) => setImmediate(resolve))
  context.mock.timers.tick(1000)
  await finished[1]?.promise
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(
    [...outcomes],
    [
      ['task failed', 1],
      ['task done', 1],
    ],
  )
})

test('tasks run one at a time', async (context) => {
  const order: string[] = []
  const slow = (name: string): BackgroundTask =>
    task({
      name,
      run: async () => {
        order.push(`${name} begins`)
        await new Promise((resolve) => setImmediate(resolve))
        order.push(`${name} ends`)
      },
    })
  const { background } = start(context, [slow('a'), slow('b')])
  await Promise.all([background.runNow('a'), background.runNow('b')])
  assert.deepEqual(order, ['a begins', 'a ends', 'b begins', 'b ends'])
})

test('a task that forgets is held back while the clock cannot be believed', async (context) => {
  let steady = false
  let runs = 0
  const run = async () => {
    runs += 1
  }
  const { background, outcomes } = start(context, [task({ forgets: true, run })], () => steady)
  assert.equal(await background.runNow('task'), false)
  assert.equal(runs, 0)
  steady = true
  assert.equal(await background.runNow('task'), true)
  assert.deepEqual(
    [...outcomes],
    [
      ['task held', 1],
      ['task done', 1],
    ],
  )
})

test('closing waits for the task that runs, tells it to end, and lets no other begin', async (context) => {
  const running = Promise.withResolvers<void>()
  let ended = false
  const { background } = start(context, [
    task({
      run: async (stopped) => {
        running.resolve()
        while (!stopped()) await new Promise((resolve) => setImmediate(resolve))
        ended = true
      },
    }),
  ])
  const first = background.runNow('task')
  const second = background.runNow('task')
  await running.promise
  await background.close()
  assert.equal(ended, true)
  assert.equal(await first, true)
  assert.equal(await second, false)
})

test('running a task by hand rejects with its error', async (context) => {
  const { background } = start(context, [task({ run: () => Promise.reject(new Error('broken')) })])
  await assert.rejects(background.runNow('task'), /broken/)
  await assert.rejects(background.runNow('other'), /no such task/)
})

test('REL-044: purging goes on in batches until nothing is left, or the server stops', async () => {
  let rows = 1200
  const limits: number[] = []
  const purge = async (limit: number): Promise<number> => {
    limits.push(limit)
    const purged = Math.min(rows, limit)
    rows -= purged
    return purged
  }
  assert.equal(await purgeInBatches(purge, () => false), 1200)
  assert.equal(limits.length, 4)
  rows = 100_000
  assert.equal(await purgeInBatches(purge, () => true), limits[0])
})

test('what one node does for all is done by the one that leads, what every node does everywhere, and what is asked for here', async (context) => {
  const ran: string[] = []
  const named = (name: string, more: Partial<BackgroundTask> = {}) =>
    task({ name, atStart: true, ...more, run: async (stopped) => void ran.push(`${name} ${stopped()}`) })
  const background = createBackground({
    tasks: [named('for-all'), named('everywhere', { everywhere: true })],
    clockWatch: { steady: () => true },
    leads: () => false,
    statistics: createStatistics(),
    log: silentLog,
  })
  context.after(() => background.close())
  background.start()
  assert.equal(await background.runNow('everywhere'), true)
  assert.deepEqual(ran, ['everywhere false', 'everywhere false'])
  assert.equal(await background.runNow('for-all'), true)
  assert.equal(ran.at(-1), 'for-all false')
})
