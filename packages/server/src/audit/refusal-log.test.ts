import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OAuthError } from '@mintmark/protocol'
import { createLog } from '../lib/log.ts'
import { createSystemRandom } from '../lib/random.ts'
import { StoreUnavailableError } from '../store/store.ts'
import type { AuditEvent } from './events.ts'
import { createRefuser, createReporter } from './refusal.ts'

const collect = () => {
  const lines: string[] = []
  const log = createLog({ level: 'info', output: { write: (line) => lines.push(line) } })
  return { log, lines: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) }
}
const random = createSystemRandom()
const invalid = new OAuthError('invalid_client', 'Client authentication failed.', { check: 'client-known' })

test('SEC-230: a refusal is one line: reference, check, client, workspace, address, and the event has the same', async () => {
  const { log, lines } = collect()
  const events: AuditEvent[] = []
  const refuse = createRefuser({ record: async (event) => void events.push(event), random, log })
  const refused = await refuse(invalid, (refusal) => ({
    type: 'token.refused',
    workspace: 'acme/cases',
    address: '192.0.2.1',
    client: 'cb\r\nmmk_cs_3kTMd9z8Q7aXcVbN1mLkJhGf',
    ...refusal,
  }))
  const { time, ...line } = lines()[0] ?? {}
  assert.ok(time)
  assert.deepEqual(line, {
    level: 'info',
    message: 'refused',
    reference: refused.reference,
    event: 'token.refused',
    error: 'invalid_client',
    check: 'client-known',
    client: 'cb\uFFFD\uFFFD[redacted]',
    workspace: 'acme/cases',
    address: '192.0.2.1',
  })
  assert.equal(lines().length, 1)
  assert.equal(events.length, 1)
  assert.equal((events[0] as { reference: string }).reference, refused.reference)
  assert.equal((events[0] as { client: string }).client, line.client)
})

for (const [name, error, level, message] of [
  ['a store that cannot answer is a warning', new StoreUnavailableError('disk full'), 'warn', 'not decided'],
  ['what we did not foresee is an error', new TypeError('x is undefined'), 'error', 'failed'],
] as const) {
  test(`${name}, with its type and message`, async () => {
    const { log, lines } = collect()
    const refuse = createRefuser({ record: async () => {}, random, log })
    await refuse(error, (refusal) => ({ type: 'token.refused', ...refusal }))
    const [line] = lines()
    assert.deepEqual(
      [line?.level, line?.message, line?.errorType, line?.errorMessage],
      [level, message, error.name, error.message],
    )
  })
}

test('a refusal that could not be recorded says so, and is answered with 503', async () => {
  const { log, lines } = collect()
  const record = () => Promise.reject(new StoreUnavailableError('disk full'))
  const refuse = createRefuser({ record, random, log })
  const refused = await refuse(invalid, (refusal) => ({ type: 'token.refused', ...refusal }))
  assert.equal(refused.error.status, 503)
  assert.deepEqual(
    lines().map(({ message, reference }) => [message, reference]),
    [
      ['refused', refused.reference],
      ['refusal not recorded', refused.reference],
    ],
  )
})

test('what fails outside of any decision is in the log under its reference', () => {
  const { log, lines } = collect()
  const report = createReporter({ random, log })
  const failed = report(new StoreUnavailableError('gone'))
  assert.equal(failed.error.status, 503)
  assert.equal(report(failed), failed)
  assert.equal(report(invalid).error, invalid)
  assert.deepEqual(
    lines().map(({ level, errorMessage }) => [level, errorMessage]),
    [
      ['error', 'gone'],
      ['info', undefined],
    ],
  )
  assert.equal(lines()[0]?.reference, failed.reference)
})
