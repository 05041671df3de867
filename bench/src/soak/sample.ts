import type { Memory } from './messages.ts'
import type { Contents } from './rows.ts'
import type { Lap } from './traffic.ts'

/** How a server was at one time of a soak. */
export type Sample = Memory &
  Contents & {
    /** Since the soak began. */
    readonly seconds: number
    readonly descriptors: number
    readonly traffic: Lap
    /** The slowest request while nothing was forgotten. */
    readonly slowestMillis: number
    /** What it took to forget what was over, while requests went on, and the slowest of these. */
    readonly forgetting: { readonly milliseconds: number; readonly slowestMillis: number }
  }

/** A soak as it was. */
export type Soak = {
  readonly store: 'sqlite' | 'postgres'
  /** Requests a second that were sent, and how many the server could do, where that was measured. */
  readonly perSecond: number
  readonly capacity: number | undefined
  /** Seconds at the beginning that are not judged. */
  readonly warmUp: number
  readonly samples: readonly Sample[]
  readonly asked: Readonly<Record<string, number>>
  readonly changes: number
  readonly administrationFailures: readonly string[]
}
