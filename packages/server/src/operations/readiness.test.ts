import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog } from '../lib/log.ts'
import { createReadiness } from './readiness.ts'

const start = (run: () => Promise<unknown>) => {
  let now = 0
  const lines: string[] = []
  const log = createLog({ level: 'info', output: { write: (line) => lines.push(line) } })
  const readiness = createReadiness({ checks: [{ name: 'store', run }], elapsed: () => now, log })
  return {
    readiness,
    lines,
    pass: (milliseconds: number) => {
      now += milliseconds
    },
  }
}

test('a server is ready once started and until it drains', async () => {
  const { readiness } = start(async () => {})
  assert.deepEqual(await readiness.reasons(), ['starting'])
  readiness.started()
  assert.deepEqual(await readiness.reasons(), [])
  readiness.drain()
  assert.deepEqual(await readiness.reasons(), ['draining'])
  readiness.started()
  assert.deepEqual(await readiness.reasons(), ['draining'])
})

test('REL-038: a store that fails is seen within two seconds and logged once, and so is its recovery', async () => {
  let failing = false
  let asked = 0
  const { readiness, lines, pass } = start(async () => {
    asked += 1
    if (failing) throw new Error('disk full')
  })
  readiness.started()
  for (let probe = 0; probe < 100; probe += 1) assert.deepEqual(await readiness.reasons(), [])
  assert.equal(asked, 1)
  failing = true
  for (let second = 0; second < 10; second += 2) {
    pass(2000)
    assert.deepEqual(await readiness.reasons(), ['store'])
  }
  failing = false
  pass(2000)
  assert.deepEqual(await readiness.reasons(), [])
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { message: string }).message),
    ['not ready', 'ready again'],
  )
})

test('REL-038: a store that does not answer delays no probe, and is not ready after five seconds', async () => {
  const { readiness, pass } = start(() => new Promise(() => {}))
  readiness.started()
  const began = performance.now()
  assert.deepEqual(await readiness.reasons(), [])
  assert.ok(performance.now() - began < 1000)
  pass(5001)
  assert.deepEqual(await readiness.reasons(), ['store'])
})
