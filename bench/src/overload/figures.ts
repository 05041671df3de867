import type { PoliteTimes } from './polite.ts'
import type { ProbeTimes } from './probe.ts'

/** A rate kept up for a while, by all load processes together. */
export type Stage = {
  readonly offeredPerSecond: number
  readonly answeredPerSecond: number
  readonly refusedPerSecond: number
  readonly unanswered: number
  readonly withoutRetryAfter: number
  /** The worst of the load processes, as are those that follow. */
  readonly okP50Millis: number
  readonly okP99Millis: number
  readonly refusedP50Millis: number
  readonly refusedP99Millis: number
  /** CPU time of the server, in cores, and for each token. What others on the machine take makes the first less, not the second. */
  readonly cores: number
  readonly cpuMicrosPerToken: number
  /** Resident memory of the server at its highest so far. */
  readonly peakBytes: number
  readonly health: ProbeTimes
  /** Of a few callers that obey `Retry-After`. */
  readonly polite: PoliteTimes
}

/** The best that was reached, with as many callers as served it best. */
export type Peak = {
  readonly perSecond: number
  readonly cores: number
  readonly cpuMicrosPerToken: number
  readonly peakBytes: number
}

export type Overload = {
  /** Callers waiting for each answer. */
  readonly peak: Peak
  readonly overload: Stage
  /** Right after it. */
  readonly after: Stage
}
