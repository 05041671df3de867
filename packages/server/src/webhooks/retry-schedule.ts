const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** The pauses between attempts, in milliseconds: growing, and a little more than three days in all. */
const pauses: readonly number[] = [
  5 * second,
  30 * second,
  2 * minute,
  10 * minute,
  30 * minute,
  hour,
  2 * hour,
  4 * hour,
  8 * hour,
  12 * hour,
  12 * hour,
  12 * hour,
  12 * hour,
  12 * hour,
]

/** How often a message is tried at the most. */
export const maximumAttempts = pauses.length + 1

/**
 * When to try a message again, up to a tenth earlier or later, so that what failed together does not come back together.
 * @param attempts that failed, from 1
 * @param jitter from 0 to 1
 * @returns milliseconds from now; undefined: never, it is a dead letter
 */
export const pauseAfter = (attempts: number, jitter: number): number | undefined => {
  const pause = pauses[attempts - 1]
  return pause === undefined ? undefined : Math.round(pause * (0.9 + 0.2 * jitter))
}
