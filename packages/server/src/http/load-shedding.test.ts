import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { createDeadlines } from '../lib/deadlines.ts'
import { silentLog } from '../lib/log.ts'
import type { HttpRequest, HttpResponse } from '../lib/message.ts'
import { createLoadShedding } from './load-shedding.ts'

const request: HttpRequest = {
  method: 'POST',
  path: '/acme/cases/oauth2/token',
  query: '',
  headers: {},
  rawHeaders: [],
  body: new Uint8Array(0),
  address: '127.0.0.1',
}

const start = (concurrent = 4) => {
  let now = 0
  let idle = 0
  let read = 0
  const actions: (() => void)[] = []
  const later = (action: () => void): void => void actions.push(action)
  const elapsed = () => now
  const shedding = createLoadShedding({
    limits: { concurrent, waiting: 0, patience: 1000 },
    answerTime: 3000,
    deadlines: createDeadlines({ elapsed, later }),
    late: () => ({ status: 503, headers: {} }),
    parked: () => 0,
    elapsed,
    idle: () => idle,
    log: silentLog,
    later,
  })
  const underWay: ((response: HttpResponse) => void)[] = []
  const handle = shedding.shed(() => new Promise((resolve) => underWay.push(resolve)))
  return {
    shedding,
    handle,
    answer: async (count: number) => {
      for (const resolve of underWay.splice(0, count)) resolve({ status: 200, headers: {} })
      await new Promise<void>((resolve) => setImmediate(resolve))
    },
    hold: (count: number) => {
      for (let each = 0; each < count; each += 1) {
        const readStart = (): void => {
          read += 1
        }
        const handle = { readStop: () => {}, readStart }
        shedding.holdBack({ destroyed: false, _handle: handle } as unknown as Socket)
      }
    },
    /** Ten milliseconds, of which the thread was idle for a share. @returns how many connections are read again */
    tick: (share: number) => {
      now += 10
      idle = share
      const before = read
      for (const action of actions.splice(0)) action()
      return read - before
    },
  }
}

test('refused callers are read again at a pace that follows what was answered, and what time there was', async () => {
  const { handle, hold, tick, answer } = start()
  for (let each = 0; each < 4; each += 1) handle(request)
  hold(300)
  assert.equal(tick(0), 5, 'some in any case')
  assert.equal(tick(0.5), 5, 'signatures and commits are waited for as well')
  assert.equal(tick(1), 100)
  assert.equal(tick(0.75), 50)
  // Each place that becomes free is taken again.
  for (let round = 0; round < 40; round += 1) {
    await answer(4)
    for (let each = 0; each < 4; each += 1) handle(request)
  }
  assert.equal(tick(0), 16)
})

test('as many are read again as there is room for, once half of the places were free all the time', async () => {
  const { handle, hold, tick, answer } = start(40)
  for (let each = 0; each < 21; each += 1) handle(request)
  hold(100)
  assert.equal(tick(0), 5)
  await answer(11)
  assert.equal(tick(0), 5, 'for a moment more than half were taken')
  assert.equal(tick(0), 30)
})

test('a request is turned away by its head only when it would be refused, and each kind for itself', async () => {
  const { shedding, handle } = start()
  assert.equal(shedding.turnAway(request), undefined)
  for (let each = 0; each < 4; each += 1) handle(request)
  const refusal = shedding.turnAway(request)
  assert.equal(refusal?.status, 503)
  assert.equal(refusal?.headers['retry-after'], '1')
  assert.equal(refusal?.holdBack, true)
  assert.equal(shedding.turnAway({ method: 'POST', path: '/acme/cases/oauth2/introspect' }), undefined)
  assert.equal(shedding.turnAway({ method: 'GET', path: '/acme/cases/.well-known/jwks.json' }), undefined)
  assert.equal(shedding.loads().write.refused, 1)
})
