import { median } from '../statistics.ts'
import type { Verdict } from '../targets.ts'
import type { Sample, Soak } from './sample.ts'

const mebibyte = 1_048_576

/**
 * Tables that grow by design: revisions are the history of what administrators did, kept for good as audit events are kept for
 * their time (which are not counted).
 */
const history: readonly string[] = ['revision']

/** The slope of the line nearest to points, by least squares. */
export const slopeOf = (points: readonly (readonly [number, number])[]): number => {
  const mean = (index: 0 | 1): number => points.reduce((sum, point) => sum + point[index], 0) / points.length
  const [x, y] = [mean(0), mean(1)]
  const above = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0)
  const below = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0)
  return above / below
}

/** The samples after the warm-up, in three parts of equal length. */
const thirdsOf = ({ samples, warmUp }: Soak): readonly [readonly Sample[], readonly Sample[], readonly Sample[]] => {
  const judged = samples.filter(({ seconds }) => seconds > warmUp)
  const third = Math.floor(judged.length / 3)
  if (third === 0) throw new Error('a soak of so few samples after its warm-up says nothing')
  return [judged.slice(0, third), judged.slice(third, -third), judged.slice(-third)]
}

const most = (values: readonly number[]): number => Math.max(...values)
const least = (values: readonly number[]): number => Math.min(...values)

/** What comes and goes by chance, beside a tenth: rows of a request under way. */
const byChance = 3

/** Tables whose fewest rows in the last third are more than their most in the first third, by more than chance. */
export const growingTables = (soak: Soak): readonly string[] => {
  const [first, , last] = thirdsOf(soak)
  return Object.keys(soak.samples[0]?.rows ?? {}).filter((table) => {
    const rows = (samples: readonly Sample[]): readonly number[] => samples.map((sample) => sample.rows[table] ?? 0)
    return !history.includes(table) && least(rows(last)) > most(rows(first)) * 1.1 + byChance
  })
}

/** What leaks whatever the machine does: things that are counted. */
export const judgeCounts = (soak: Soak): readonly Verdict[] => {
  const [first, , last] = thirdsOf(soak)
  const constant = (name: 'descriptors' | 'sessions', what: string): Verdict => {
    const [before, after] = [first, last].map((samples) => samples.map((sample) => sample[name])) as [
      number[],
      number[],
    ]
    return {
      target: `${what}: constant`,
      measured: `${least(before)} to ${most(before)} in the first third, ${least(after)} to ${most(after)} in the last`,
      // A connection of an administrator comes and goes.
      met: most(after) <= most(before) + 1,
    }
  }
  const growing = growingTables(soak)
  const failures = soak.samples.reduce((sum, { traffic }) => sum + traffic.failures, 0)
  const firstFailure = soak.samples.find(({ traffic }) => traffic.failures > 0)?.traffic.firstFailure ?? ''
  return [
    {
      target: 'every request is answered as it should be',
      measured: `${failures} were not${firstFailure === '' ? '' : `, the first: ${firstFailure.replaceAll(/\s+/g, ' ')}`}`,
      met: failures === 0,
    },
    {
      target: 'every change of an administrator is made',
      measured: `${soak.administrationFailures.length} were not${soak.administrationFailures.length === 0 ? '' : `, the first: ${soak.administrationFailures[0]}`}`,
      met: soak.administrationFailures.length === 0,
    },
    constant('descriptors', 'open files and sockets'),
    ...(soak.store === 'postgres' ? [constant('sessions', 'sessions of the database')] : []),
    {
      target: 'no table grows but audit events and revisions',
      measured: growing.length === 0 ? 'none' : growing.join(', '),
      met: growing.length === 0,
    },
  ]
}

/** What needs minutes, and a machine that does little else. */
export const judgeMeasures = (soak: Soak): readonly Verdict[] => {
  const [first, middle, last] = thirdsOf(soak)
  const judged = [...first, ...middle, ...last]
  const perTenMinutes =
    (slopeOf(judged.map(({ seconds, heapBytes, externalBytes }) => [seconds, heapBytes + externalBytes])) * 600) /
    mebibyte
  const p99 = (samples: readonly Sample[]): number => median(samples.map(({ traffic }) => traffic.p99Millis))
  const drift = p99(last) / p99(first) - 1
  const slowest = most(judged.map(({ forgetting }) => forgetting.slowestMillis))
  const otherwise = most(judged.map(({ slowestMillis }) => slowestMillis))
  return [
    {
      target: 'heap after a collection: grows by less than 1 MiB in ten minutes',
      measured: `${perTenMinutes.toFixed(2)} MiB`,
      met: perTenMinutes < 1,
    },
    {
      target: 'p99: no more than 20 % higher in the last third than in the first',
      measured: `${p99(first).toFixed(1)} ms, then ${p99(last).toFixed(1)} ms (${(drift * 100).toFixed(0)} %)`,
      met: drift < 0.2,
    },
    {
      target: 'no request takes 250 ms while what is over is forgotten',
      measured: `${slowest.toFixed(0)} ms; otherwise up to ${otherwise.toFixed(0)} ms`,
      met: slowest < 250,
    },
  ]
}
