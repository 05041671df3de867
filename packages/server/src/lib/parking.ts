/**
 * Requests that wait on purpose or for somebody else: behind the slow hashes before theirs, or for keys that are fetched. They
 * cost next to nothing, and do not count among those that are worked on: else a few guesses at secrets would take every place.
 */
export type Parking = {
  /** Counts a request as parked until this is settled; what is no promise did not wait. */
  readonly during: <T>(waiting: Promise<T> | T) => Promise<T> | T
  readonly count: () => number
}

export const createParking = (): Parking => {
  let parked = 0
  const leave = (): void => {
    parked -= 1
  }
  return {
    during: (waiting) => {
      if (!(waiting instanceof Promise)) return waiting
      parked += 1
      return waiting.finally(leave)
    },
    count: () => parked,
  }
}
