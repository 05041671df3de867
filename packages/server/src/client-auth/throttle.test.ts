import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OAuthError } from '@mintmark/protocol'
import type { AuditEvent } from '../audit/events.ts'
import { Refused } from '../audit/refusal.ts'
import { silentLog } from '../lib/log.ts'
import { createSystemRandom } from '../lib/random.ts'
import { invalidClient } from './invalid-client.ts'
import { type Block, createThrottle } from './throttle.ts'

const limits = { client: 3, address: 5, time: 30_000 }

const start = ({ recording = async () => {} }: { recording?: () => Promise<void> } = {}) => {
  let now = 0
  const events: AuditEvent[] = []
  const counted: string[] = []
  const told: Block[] = []
  const throttle = createThrottle({
    limits,
    elapsed: () => now,
    random: createSystemRandom(),
    record: (event) => {
      events.push(event)
      return recording()
    },
    log: silentLog,
    count: (limit, first) => counted.push(`${limit} ${first}`),
    tellOthers: (block) => told.push(block),
  })
  /** What an attempt is answered before it is looked at; one that is looked at comes to what is given. */
  const attempt = async (
    client: string | undefined,
    address: string,
    outcome: Error | 'proven' = invalidClient('credential-proven'),
  ): Promise<'tried' | Refused> => {
    const made = throttle.attempt('acme/cases', address)
    try {
      await throttle.admit(made, client)
    } catch (error) {
      assert.ok(error instanceof Refused)
      return error
    }
    if (outcome === 'proven') throttle.proven(made)
    else throttle.failed(made, outcome)
    return 'tried'
  }
  const times = async (count: number, client: string | undefined, address: string): Promise<void> => {
    for (let time = 0; time < count; time += 1) assert.equal(await attempt(client, address), 'tried')
  }
  const retryAfter = async (client: string | undefined, address: string): Promise<number | undefined> => {
    const outcome = await attempt(client, address)
    return outcome === 'tried' ? undefined : Number(outcome.error.headers['retry-after'])
  }
  return {
    ...{ throttle, attempt, times, retryAfter, events, counted, told },
    pass: (milliseconds: number) => {
      now += milliseconds
    },
  }
}

test('SEC-182: beyond the limit attempts are refused unseen, and one more is allowed every so often', async () => {
  const { times, retryAfter, pass } = start()
  await times(3, 'cb', '192.0.2.1')
  assert.equal(await retryAfter('cb', '192.0.2.1'), 10)
  pass(9500)
  assert.equal(await retryAfter('cb', '192.0.2.1'), 1)
  pass(500)
  await times(1, 'cb', '192.0.2.1')
  assert.equal(await retryAfter('cb', '192.0.2.1'), 10)
})

test('SEC-182: a block is one event, whose reference all who are refused get', async () => {
  const { times, attempt, events, counted, told, pass } = start()
  await times(3, 'cb', '192.0.2.1')
  assert.deepEqual(events, [])
  const refused = [await attempt('cb', '192.0.2.1'), await attempt('cb', '192.0.2.1', 'proven')]
  pass(10_000)
  await times(1, 'cb', '192.0.2.1')
  refused.push(await attempt('cb', '192.0.2.1'))
  const reference = told[0]?.reference ?? ''
  assert.deepEqual(events, [
    {
      type: 'client-authentication.blocked',
      workspace: 'acme/cases',
      address: '192.0.2.1',
      client: 'cb',
      reference,
      error: 'temporarily_unavailable',
      check: 'client-failures',
      expected: '3, and 1 more every 10 s',
    },
  ])
  assert.deepEqual(
    refused.map((each) => each instanceof Refused && [each.error.status, each.reference]),
    [
      [429, reference],
      [429, reference],
      [429, reference],
    ],
  )
  assert.deepEqual(counted, ['client-failures true', 'client-failures false', 'client-failures false'])
  assert.equal(told.length, 1)
  // Left alone until it is whole, and a minute longer.
  pass(30_000 + 60_000)
  await times(3, 'cb', '192.0.2.1')
  await attempt('cb', '192.0.2.1')
  assert.equal(events.length, 2)
})

test('SEC-183: who fails at one address keeps nobody out at another, nor another client at the same', async () => {
  const { times, attempt } = start()
  await times(3, 'cb', '192.0.2.1')
  assert.ok((await attempt('cb', '192.0.2.1')) instanceof Refused)
  assert.equal(await attempt('cb', '192.0.2.2'), 'tried')
  assert.equal(await attempt('cx', '192.0.2.1'), 'tried')
  assert.equal(await attempt('cb', '2001:db8::1'), 'tried')
})

test('addresses of one IPv6 network are one address', async () => {
  const { times, attempt } = start()
  await times(1, 'cb', '2001:db8::1')
  await times(1, 'cb', '2001:db8::ffff:1')
  await times(1, 'cb', '2001:db8:0:0:1:1:1:1')
  assert.ok((await attempt('cb', '2001:db8::9')) instanceof Refused)
  assert.equal(await attempt('cb', '2001:db8:0:1::1'), 'tried')
})

test('who goes through many client ids is refused at all it has not been proven at', async () => {
  const { times, attempt, retryAfter, events } = start()
  assert.equal(await attempt('real', '192.0.2.1', 'proven'), 'tried')
  for (const id of ['a', 'b', 'c', 'd', 'e']) await times(1, id, '192.0.2.1')
  assert.equal(await retryAfter('f', '192.0.2.1'), 6)
  assert.equal(await retryAfter(undefined, '192.0.2.1'), 6)
  assert.equal(await attempt('f', '192.0.2.2'), 'tried')
  // The real one is not locked out; that it is there does not let its secret be guessed more often.
  assert.equal(await attempt('real', '192.0.2.1', 'proven'), 'tried')
  await times(3, 'real', '192.0.2.1')
  assert.ok((await attempt('real', '192.0.2.1', 'proven')) instanceof Refused)
  assert.deepEqual(
    events.map((event) => 'check' in event && [event.check, 'client' in event]),
    [
      ['address-failures', false],
      ['client-failures', true],
    ],
  )
})

test('a client that fails again and again counts once for its address', async () => {
  const { times, attempt, pass } = start()
  await times(3, 'wrong', '192.0.2.1')
  for (let time = 0; time < 50; time += 1) {
    pass(10_000)
    await times(1, 'wrong', '192.0.2.1')
  }
  assert.equal(await attempt('another', '192.0.2.1'), 'tried')
})

test('attempts that name no client count by address alone, each', async () => {
  const { times, attempt } = start()
  await times(5, undefined, '192.0.2.1')
  assert.ok((await attempt(undefined, '192.0.2.1')) instanceof Refused)
  assert.ok((await attempt('cb', '192.0.2.1')) instanceof Refused)
})

test('what is not the fault of the one who tries counts for nothing', async () => {
  const { attempt } = start()
  for (const error of [
    new OAuthError('temporarily_unavailable', 'Later.'),
    new OAuthError('invalid_request', 'Twice.'),
    new TypeError('a mistake'),
  ]) {
    for (let time = 0; time < 10; time += 1) assert.equal(await attempt('cb', '192.0.2.1', error), 'tried')
  }
  for (let time = 0; time < 10; time += 1) assert.equal(await attempt('cb', '192.0.2.1', 'proven'), 'tried')
})

test('REL-026: the block of another node holds here, with its reference and no event of its own', async () => {
  const [here, there] = [start(), start()]
  await there.times(3, 'cb', '192.0.2.1')
  const refused = await there.attempt('cb', '192.0.2.1')
  const [block] = there.told
  assert.ok(block !== undefined && refused instanceof Refused)
  here.throttle.block(block)
  const same = await here.attempt('cb', '192.0.2.1')
  assert.ok(same instanceof Refused)
  assert.equal(same.reference, refused.reference)
  assert.deepEqual([here.events, here.told], [[], []])
  assert.equal(await here.attempt('cb', '192.0.2.2'), 'tried')
  here.pass(10_000)
  assert.equal(await here.attempt('cb', '192.0.2.1'), 'tried')
})

test('a block is refused with 429 also when its event cannot be recorded', async () => {
  const { times, attempt } = start({ recording: () => Promise.reject(new Error('the disk is full')) })
  await times(3, 'cb', '192.0.2.1')
  const refused = await attempt('cb', '192.0.2.1')
  assert.equal(refused instanceof Refused && refused.error.status, 429)
})

test('failures from any number of addresses take a bounded room, and forgive no one who is blocked', async () => {
  const { times, attempt, throttle } = start()
  await times(3, 'cb', '192.0.2.1')
  for (let stranger = 0; stranger < 50_000; stranger += 1) {
    await attempt('cb', `2001:db8:${(stranger >> 8).toString(16)}:${(stranger & 255).toString(16)}::1`)
  }
  assert.ok(throttle.size() <= 32_768)
  assert.ok((await attempt('cb', '192.0.2.1')) instanceof Refused)
})
