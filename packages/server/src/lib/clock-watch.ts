import type { Clock } from './clock.ts'

/** How far the clock may be from the time that really passed since the last look, in milliseconds. */
const tolerance = 120_000
/** How far the clock may be from that of the store, in milliseconds: what nodes must agree within (`docs/failure.md`). */
const allowedSkew = 30_000
/** How long a clock that jumped is not believed, in milliseconds. */
const probation = 7_200_000

/**
 * Tells whether the clock can be believed for what cannot be undone, such as forgetting what is over: a clock that was set
 * forward by mistake, before the start or after, would make everything look over.
 */
export type ClockWatch = {
  /** False for two hours after the clock was seen to jump by more than two minutes, and while it is 30 seconds from the store's. */
  readonly steady: () => boolean
}

/**
 * @param elapsed milliseconds that never jump, such as `performance.now`
 * @param ahead by how many milliseconds the clock is ahead of the store's; an embedded store has none of its own
 */
export const createClockWatch = (clock: Clock, elapsed: () => number, ahead: () => number = () => 0): ClockWatch => {
  let difference = clock.now() - elapsed()
  let believedFrom = Number.NEGATIVE_INFINITY
  return {
    steady: () => {
      const found = clock.now() - elapsed()
      if (Math.abs(found - difference) > tolerance) believedFrom = elapsed() + probation
      difference = found
      return elapsed() >= believedFrom && Math.abs(ahead()) <= allowedSkew
    },
  }
}
