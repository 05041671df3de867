/**
 * Milliseconds that never go back, and go on while the machine sleeps or stands still, when the clock of the process does not:
 * a leap of the wall clock forward counts as such a time, since what is too old by one of both clocks is too old.
 */
export const createElapsed = (
  monotonic: () => number = () => performance.now(),
  wall: () => number = () => Date.now(),
): (() => number) => {
  let slept = 0
  let difference = wall() - monotonic()
  return () => {
    const now = monotonic()
    const leap = wall() - now - difference
    difference += leap
    if (leap > leastLeap) slept += leap
    return now + slept
  }
}

/** Milliseconds; a clock that is adjusted moves by less between two looks. */
const leastLeap = 500
