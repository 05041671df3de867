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
  /** Who is admitted, at once or by a promise of `true`, calls `leave` when the answer is made. */
  readonly enter: () => Entrance
  /** Whether a request that came now would be refused at once; then it is, and counted. */
  readonly turnAway: () => boolean
  readonly leave: () => void
  readonly load: () => AdmissionLoad
  /** The most requests that took a place at a time since this was asked last. */
  readonly mostSince: () => number
}

/** How often those who waited too long are looked for, in milliseconds. */
const lookInterval = 10
/** While whoever is next has waited for so long, in milliseconds, nobody else begins to wait: it would take him longer still. */
const longestAhead = 250
/** So long nobody must have found every place taken, in milliseconds, before anybody may wait again. */
const calm = 30

type Entry = { readonly since: number; readonly decide: (admitted: boolean) => void }

/**
 * Bounds the work under way, and who waits for it. A request that finds all places taken waits, first come first served; one
 * that has waited for `patience` is refused. The line is for bursts: once it is full or does not move, nobody joins it until
 * there are free places again, since a line that never empties only makes everybody late.
 * @param elapsed milliseconds that never jump
 */
export const createAdmission = ({
  concurrent,
  waiting: capacity,
  patience,
  parked,
  heldBack = () => 0,
  elapsed,
  later,
}: AdmissionLimits & {
  /** How many callers who were refused are held back. While there are any nobody begins to wait: what waits in memory costs more than what waits unread. */
  readonly heldBack?: () => number
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
  let most = 0
  let overloaded = false
  /** When somebody last found every place taken. */
  let crowded = Number.NEGATIVE_INFINITY
  // Oldest first, as sets keep their order.
  const entries = new Set<Entry>()

  const takePlace = (): void => {
    inFlight += 1
    most = Math.max(most, inFlight - parked())
  }
  const hasPlace = (): boolean => inFlight - parked() < concurrent

  const look = (): void => {
    const now = elapsed()
    for (const entry of entries) {
      // A place may have become free by parking, of which nobody tells.
      const admitted = hasPlace()
      if (!admitted && now - entry.since < patience) break
      entries.delete(entry)
      if (admitted) takePlace()
      else {
        refused += 1
        overloaded = true
      }
      entry.decide(admitted)
    }
    looking = entries.size > 0
    if (looking) later(look, lookInterval)
  }

  /** Of somebody who finds every place taken. */
  const mayWait = (): boolean => {
    const now = elapsed()
    if (now - crowded > calm) overloaded = false
    crowded = now
    const [next] = entries
    if (entries.size >= capacity || (next !== undefined && now - next.since >= longestAhead)) overloaded = true
    return !overloaded && heldBack() === 0
  }

  const wait = (): Promise<boolean> =>
    new Promise((decide) => {
      entries.add({ since: elapsed(), decide })
      if (looking) return
      looking = true
      later(look, lookInterval)
    })

  return {
    enter: () => {
      if (hasPlace()) {
        takePlace()
        return 'admitted'
      }
      if (mayWait()) return wait()
      refused += 1
      return 'refused'
    },
    turnAway: () => {
      if (hasPlace() || mayWait()) return false
      refused += 1
      return true
    },
    leave: () => {
      answered += 1
      inFlight -= 1
      const [next] = entries
      if (next === undefined || !hasPlace()) return
      // The place passes on: nobody who comes now gets it first.
      entries.delete(next)
      takePlace()
      next.decide(true)
    },
    mostSince: () => {
      const was = most
      most = inFlight - parked()
      return was
    },
    load: () => ({ inFlight, waiting: entries.size, answered, refused }),
  }
}
