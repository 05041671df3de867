import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readOptions } from '../options.ts'
import { callCosts, ratioOf } from './call-cost.ts'
import { requestsOfColdStart } from './client-calls.ts'
import { sdkPart } from './sdk-part.ts'

const quiet = () => undefined

test('the part of the SDKs measures everything it judges', { timeout: 60_000 }, async () => {
  const options = readOptions(['--sdk', '--rounds', '1'])
  assert.ok(options !== 'help')
  assert.deepEqual(options.parts, ['sdk'])
  const { text, verdicts } = await sdkPart(options, quiet, 0.005)
  assert.match(text, /jose\.jwtVerify/)
  assert.match(text, /@mintmark\/resource-server, without jose/)
  assert.equal(verdicts.length, 7)
  for (const { measured } of verdicts) assert.match(measured, /^[\d,.]+/)
})

test('ten callers at a cold start make one token request', async () => {
  assert.equal(await requestsOfColdStart(10), 1)
})

test('each contender is called as often as it says, once more for the warm-up, and ratios are within rounds', async () => {
  let calls = 0
  const contender = (name: string) => ({
    name,
    count: 3,
    prepare: () => () => {
      calls += 1
    },
  })
  const [one, two] = await callCosts([contender('one'), contender('two')], { rounds: 4, progress: quiet })
  assert.equal(calls, 2 * 3 * 5)
  assert.ok(one && two)
  assert.equal(one.rounds.length, 4)
  const cost = (wallMicros: readonly number[]) => ({
    ...one,
    rounds: wallMicros.map((wall) => ({ wallMicros: wall, cpuMicros: 1 })),
  })
  assert.equal(ratioOf(cost([10, 200, 30]), cost([5, 100, 10]), 'wallMicros'), 2)
})
