import type { DatabaseCost, Measurement } from './measure.ts'
import type { MemoryCourse } from './million.ts'
import { floor, type Scenario } from './scenarios.ts'
import { median } from './statistics.ts'

/** A scenario's medians over the rounds. A ratio is the median of the ratios within each round, so that a slow round does not tilt it. */
export type Summary = {
  readonly scenario: string
  readonly requestsPerSecond: number
  readonly p50Millis: number
  readonly p99Millis: number
  readonly cpuMicrosPerRequest: number
  /** Lowest and highest round. */
  readonly cpuMicrosRange: readonly [number, number]
  readonly loadCpuMicrosPerRequest: number
  /** Highest of all rounds. */
  readonly peakMegabytes: number
  /** CPU per request, as a multiple of the floor's: the bare handler's, unless another was named. */
  readonly cpuToFloor?: number
  /** Requests a second, as a multiple of node-oidc-provider's for the same job. */
  readonly rateToPeer?: number
  /** Requests a second, as a multiple of those of the same server with a secret and bearer tokens. */
  readonly rateToPlain?: number
  /** Requests a second, and CPU of the server per request, as multiples of those of the same over the embedded database. */
  readonly rateToEmbedded?: number
  readonly cpuToEmbedded?: number
  /** What a request cost the database, where the server has one of its own. */
  readonly database?: DatabaseCost
}

/** @param base name of the scenario that CPU is compared with */
export const summarize = (
  scenarios: readonly Scenario[],
  measurements: readonly Measurement[],
  base = floor,
): readonly Summary[] => {
  const roundsOf = (name: string | undefined) => measurements.filter(({ scenario }) => scenario === name)
  return scenarios.map(({ name, peer, plain, embedded }) => {
    const own = roundsOf(name)
    const middle = (read: (one: Measurement) => number): number => median(own.map(read))
    const ratioTo = (other: string | undefined, read: (one: Measurement) => number): number | undefined => {
      const others = roundsOf(other)
      if (others.length === 0 || other === name) return undefined
      return median(
        own.flatMap((one) => others.filter(({ round }) => round === one.round).map((two) => read(one) / read(two))),
      )
    }
    const cpu = own.map(({ cpuMicrosPerRequest }) => cpuMicrosPerRequest)
    const cpuToFloor = ratioTo(base, (one) => one.cpuMicrosPerRequest)
    const rateToPeer = ratioTo(peer, (one) => one.requestsPerSecond)
    const rateToPlain = ratioTo(plain, (one) => one.requestsPerSecond)
    const rateToEmbedded = ratioTo(embedded, (one) => one.requestsPerSecond)
    const cpuToEmbedded = ratioTo(embedded, (one) => one.cpuMicrosPerRequest)
    const database = middleCost(own)
    return {
      scenario: name,
      requestsPerSecond: middle((one) => one.requestsPerSecond),
      p50Millis: middle((one) => one.p50Millis),
      p99Millis: middle((one) => one.p99Millis),
      cpuMicrosPerRequest: middle((one) => one.cpuMicrosPerRequest),
      cpuMicrosRange: [Math.min(...cpu), Math.max(...cpu)],
      loadCpuMicrosPerRequest: middle((one) => one.loadCpuMicrosPerRequest),
      peakMegabytes: Math.max(...own.map(({ peakBytes }) => peakBytes)) / 1e6,
      ...(cpuToFloor === undefined ? {} : { cpuToFloor }),
      ...(rateToPeer === undefined ? {} : { rateToPeer }),
      ...(rateToPlain === undefined ? {} : { rateToPlain }),
      ...(rateToEmbedded === undefined ? {} : { rateToEmbedded }),
      ...(cpuToEmbedded === undefined ? {} : { cpuToEmbedded }),
      ...(database === undefined ? {} : { database }),
    }
  })
}

const middleCost = (measurements: readonly Measurement[]): DatabaseCost | undefined => {
  const costs = measurements.flatMap(({ database }) => (database === undefined ? [] : [database]))
  if (costs.length === 0) return undefined
  return {
    cpuMicros: median(costs.map(({ cpuMicros }) => cpuMicros)),
    walBytes: median(costs.map(({ walBytes }) => walBytes)),
    // Files grow by steps, which only the whole of the rounds evens out.
    storedBytes: mean(costs.map(({ storedBytes }) => storedBytes)),
    requestsPerCommit: median(costs.map(({ requestsPerCommit }) => requestsPerCommit)),
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** What the servers with a database of their own cost it, and cost beside the embedded one; empty where there are none. */
export const renderDatabases = (summaries: readonly Summary[]): string => {
  const rows = summaries.flatMap(({ scenario, database, rateToEmbedded, cpuToEmbedded }) =>
    database === undefined
      ? []
      : [
          [
            ...[scenario, times(rateToEmbedded), times(cpuToEmbedded), database.cpuMicros.toFixed(1)],
            ...[database.walBytes.toFixed(0), database.storedBytes.toFixed(0), database.requestsPerCommit.toFixed(1)],
          ],
        ],
  )
  const head = ['over PostgreSQL', '× rate', '× CPU', 'database CPU µs', 'WAL bytes', 'stored bytes', 'per commit']
  return rows.length === 0 ? '' : `\n\n${renderTable(head, rows)}`
}

/** Plain text, columns aligned: the first to the left, numbers to the right. */
export const renderTable = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n')
}

const times = (ratio: number | undefined): string => (ratio === undefined ? '' : `${ratio.toFixed(2)} ×`)

export const renderSummaries = (summaries: readonly Summary[]): string =>
  renderTable(
    [
      ...['scenario', 'requests/s', 'p50 ms', 'p99 ms', 'CPU µs', 'low–high', '× CPU', '× rate', '× secret'],
      ...['peak MB', 'load µs'],
    ],
    summaries.map((one) => [
      one.scenario,
      Math.round(one.requestsPerSecond).toLocaleString('en'),
      one.p50Millis.toFixed(2),
      one.p99Millis.toFixed(2),
      one.cpuMicrosPerRequest.toFixed(1),
      one.cpuMicrosRange.map((value) => value.toFixed(0)).join('–'),
      times(one.cpuToFloor),
      times(one.rateToPeer),
      times(one.rateToPlain),
      one.peakMegabytes.toFixed(0),
      one.loadCpuMicrosPerRequest.toFixed(1),
    ]),
  )

/** How much else the machine had to do meanwhile. */
export const renderDisturbance = (measurements: readonly Measurement[]): string => {
  const others = measurements.map(({ otherCores }) => otherCores)
  return `other processes kept ${median(others).toFixed(2)} cores busy in the median, ${Math.max(...others).toFixed(2)} at most`
}

/** The course of memory in ten lines. */
export const renderMemory = ({ samples, peakBytes, growth }: MemoryCourse): string => {
  const every = Math.max(1, Math.floor(samples.length / 10))
  const rows = samples
    .filter((_, index) => (index + 1) % every === 0)
    .map(({ requests, residentBytes }) => [requests.toLocaleString('en'), (residentBytes / 1e6).toFixed(0)])
  const summary = `peak ${(peakBytes / 1e6).toFixed(0)} MB; last quarter ${growth.toFixed(2)} × the second`
  return `${renderTable(['tokens issued', 'resident MB'], rows)}\n\n${summary}`
}
