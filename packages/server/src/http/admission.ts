/** What one kind of requests may take at once. */
export type AdmissionLimits = {
  /** Requests that are worked on at once. */
  readonly concurrent: number
  /** Requests that wait for a place. */
  readonly waiting: number
  /** How long one may wait, in milliseconds. */
  readonly patience: number
}

/** A request is worked on now, or refused now, or it waits and learns which. */
export type Entrance = 'admitted' | 'refused' | Promise<boolean>

/** What there is now, and what it has done since the start. */
export type AdmissionLoad = {
  readonly inFlight: number
  readonly waiting: number
  readonly answered: number
  readonly refused: number
}

export type Admission = {
  /**
   * Who is admitted, at once or by a promise of `true`, calls `leave` when the answer is made.
   * @param mayWait false while there is more to do than can be done: a queue that never empties only makes everybody late
   */
  readonly enter: (mayWait: boolean) => Entrance
  readonly leave: () => void
  readonly load: () => AdmissionLoad
}

/** How often those who waited too long are looked for, in milliseconds. */
const lookInterval = 10

type Entry = { readonly since: number; readonly decide: (admitted: boolean) => void }

/**
 * Bounds the work under way, and who waits for it. A request that finds all places taken waits, first come first served; one
 * that has waited for `patience` is refused.
 * @param elapsed milliseconds that never jump
 */
export const createAdmission = ({
  concurrent,
  waiting: capacity,
  patience,
  parked,
  elapsed,
  later,
}: AdmissionLimits & {
  /** Admitted requests that are not worked on, since they wait for something else: their places are free. */
  readonly parked: () => number
  readonly elapsed: () => number
  /** Runs an action so many milliseconds later. */
  readonly later: (action: () => void, milliseconds: number) => void
}): Admission => {
  let inFlight = 0
  let answered = 0
  let refused = 0
  let looking = false
  // Oldest first, as sets keep their order.
  const entries = new Set<Entry>()

  const hasPlace = (): boolean => inFlight - parked() < concurrent

  const look = (): void => {
    const now = elapsed()
    for (const entry of entries) {
      // A place may have become free by parking, of which nobody tells.
      const admitted = hasPlace()
      if (!admitted && now - entry.since < patience) break
      entries.delete(entry)
      if (admitted) inFlight += 1
      else refused += 1
      entry.decide(admitted)
    }
    looking = entries.size > 0
    if (looking) later(look, lookInterval)
  }

  const wait = (): Promise<boolean> =>
    new Promise((decide) => {
      entries.add({ since: elapsed(), decide })
      if (looking) return
      looking = true
      later(look, lookInterval)
    })

  return {
    enter: (mayWait) => {
      if (hasPlace()) {
        inFlight += 1
        return 'admitted'
      }
      if (mayWait && entries.size < capacity) return wait()
      refused += 1
      return 'refused'
    },
    leave: () => {
      answered += 1
      inFlight -= 1
      const [next] = entries
      if (next === undefined || !hasPlace()) return
      // The place passes on: nobody who comes now gets it first.
      entries.delete(next)
      inFlight += 1
      next.decide(true)
    },
    load: () => ({ inFlight, waiting: entries.size, answered, refused }),
  }
}
