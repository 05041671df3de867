import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inFlight } from './in-flight.ts'

const setUp = () => {
  const clock = { time: 0 }
  const requests = inFlight<string>({ now: () => clock.time, patience: 100 })
  return { clock, requests }
}

test('callers join the request that runs; after it the next begins', async () => {
  const { requests } = setUp()
  const first = Promise.withResolvers<string>()
  const joined = [requests.join(() => first.promise), requests.join(() => assert.fail('a second request'))]
  first.resolve('first')
  assert.deepEqual(await Promise.all(joined), ['first', 'first'])
  assert.equal(requests.running(), undefined)
  assert.equal(await requests.join(async () => 'second'), 'second')
})

test('a request that failed is over', async () => {
  const { requests } = setUp()
  await assert.rejects(
    requests.join(() => Promise.reject(new Error('away'))),
    /away/,
  )
  assert.equal(requests.lost(), false)
  assert.equal(await requests.join(async () => 'again'), 'again')
})

test('one that never ends is given up, and does not end the one after it when it ends all the same', async () => {
  const { clock, requests } = setUp()
  const lost = Promise.withResolvers<string>()
  const waiting = requests.join(() => lost.promise)
  clock.time = 99
  assert.equal(requests.lost(), false)
  clock.time = 100
  assert.equal(requests.lost(), true)
  assert.equal(requests.running(), undefined)
  const next = Promise.withResolvers<string>()
  const second = requests.join(() => next.promise)
  assert.equal(requests.lost(), false)
  lost.resolve('late')
  assert.equal(await waiting, 'late')
  assert.equal(requests.running(), second)
  next.resolve('next')
  assert.equal(await second, 'next')
})
