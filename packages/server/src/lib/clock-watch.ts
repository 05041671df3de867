import type { Clock } from './clock.ts'

/** How far the clock may be from the time that really passed since the last look, in milliseconds. */
const tolerance = 120_000
/** How long a clock that jumped is not believed, in milliseconds. */
const probation = 7_200_000

/**
 * Tells whether the clock can be believed for what cannot be undone, such as forgetting what is over: a clock that was set
 * forward by mistake would make everything look over.
 */
export type ClockWatch = {
  /** False for two hours after the clock was seen to jump by more than two minutes. */
  readonly steady: () => boolean
}

/** @param elapsed milliseconds that never jump, such as `performance.now` */
export const createClockWatch = (clock: Clock, elapsed: () => number): ClockWatch => {
  let difference = clock.now() - elapsed()
  let believedFrom = Number.NEGATIVE_INFINITY
  return {
    steady: () => {
      const found = clock.now() - elapsed()
      if (Math.abs(found - difference) > tolerance) believedFrom = elapsed() + probation
      difference = found
      return elapsed() >= believedFrom
    },
  }
}
