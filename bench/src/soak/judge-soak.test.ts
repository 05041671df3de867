import assert from 'node:assert/strict'
import { test } from 'node:test'
import { growingTables, judgeCounts, judgeMeasures, slopeOf } from './judge-soak.ts'
import type { Sample, Soak } from './sample.ts'

const mebibyte = 1_048_576

const soakOf = (change: (sample: Sample, turn: number) => Sample, more: Partial<Soak> = {}): Soak => {
  const steady = (turn: number): Sample => ({
    seconds: turn * 10,
    residentBytes: 200e6,
    heapBytes: 40e6 + (turn % 3) * 100_000,
    externalBytes: 8e6,
    bytes: 5e6,
    rows: { used_value: 0, revocation: 100 + (turn % 7) * 5, revision: turn * 40, idempotency: turn % 5 },
    sessions: 10,
    descriptors: 90 + (turn % 2),
    traffic: {
      answered: 1000,
      failures: 0,
      firstFailure: undefined,
      late: 0,
      seconds: 10,
      p50Millis: 1,
      p99Millis: 5 + (turn % 2) * 0.2,
    },
    slowestMillis: 12,
    forgetting: { milliseconds: 20, slowestMillis: 9 },
  })
  return {
    store: 'postgres',
    perSecond: 100,
    capacity: 200,
    warmUp: 300,
    // While it warms up everything grows.
    samples: Array.from({ length: 90 }, (_, turn) => (turn <= 30 ? steady(turn) : change(steady(turn), turn))),
    asked: {},
    changes: 0,
    administrationFailures: [],
    ...more,
  }
}

const missed = (soak: Soak): readonly string[] =>
  [...judgeCounts(soak), ...judgeMeasures(soak)]
    .filter(({ met }) => !met)
    .map(({ target }) => target.split(':')[0] ?? '')

test('a server that is steady passes, whatever grows by design or comes and goes', () => {
  assert.deepEqual(missed(soakOf((sample) => sample)), [])
})

test('the slope is that of the nearest line', () => {
  assert.equal(
    slopeOf([
      [0, 1],
      [10, 21],
      [20, 41],
    ]),
    2,
  )
  assert.equal(
    slopeOf([
      [0, 1],
      [10, 0],
      [20, 1],
    ]),
    0,
  )
})

test('REL-043: a heap that grows by a mebibyte in ten minutes fails, one that grows by less does not', () => {
  const growing = (perTenMinutes: number) =>
    soakOf((sample, turn) => ({ ...sample, heapBytes: sample.heapBytes + (turn / 60) * perTenMinutes * mebibyte }))
  assert.deepEqual(missed(growing(1.2)), ['heap after a collection'])
  assert.deepEqual(missed(growing(0.8)), [])
})

test('REL-043: a table that grows fails and is named', () => {
  const soak = soakOf((sample, turn) => ({ ...sample, rows: { ...sample.rows, used_value: turn } }))
  assert.deepEqual(growingTables(soak), ['used_value'])
  assert.deepEqual(missed(soak), ['no table grows but audit events and revisions'])
})

test('REL-043: files and sessions that are not given back fail', () => {
  const soak = soakOf((sample, turn) => ({ ...sample, descriptors: 90 + (turn >> 3), sessions: 10 + (turn >> 4) }))
  assert.deepEqual(missed(soak), ['open files and sockets', 'sessions of the database'])
})

test('REL-043: a p99 that rises by a fifth fails, and so does one request that waited while rows were forgotten', () => {
  const slower = (sample: Sample, turn: number): Sample => ({
    ...sample,
    traffic: { ...sample.traffic, p99Millis: 5 + turn / 30 },
    forgetting: { milliseconds: 400, slowestMillis: turn === 60 ? 260 : 9 },
  })
  assert.deepEqual(missed(soakOf(slower)), ['p99', 'no request takes 250 ms while what is over is forgotten'])
})

test('REL-043: a request that was answered otherwise than it should, and a change that was not made, fail', () => {
  const soak = soakOf(
    (sample, turn) => ({
      ...sample,
      traffic: {
        ...sample.traffic,
        failures: turn === 40 ? 1 : 0,
        firstFailure: turn === 40 ? 'HTTP/1.1 500' : undefined,
      },
    }),
    { administrationFailures: ['busy'] },
  )
  assert.deepEqual(missed(soak), [
    'every request is answered as it should be',
    'every change of an administrator is made',
  ])
})
