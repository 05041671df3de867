export interface PlacesOptions {
  readonly maximum: number
  /** Milliseconds after which a place is free again by itself: in workers, what took it may never end. */
  readonly patience: number
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
}

export interface Places {
  /** Takes a place; the function gives it back. Undefined when there is none. */
  take(): (() => void) | undefined
}

/** A number of things that may go on at once. */
export function places({ maximum, patience, now }: PlacesOptions): Places {
  // In the order they were taken.
  const taken = new Map<object, number>()
  return {
    take: () => {
      for (const [place, since] of taken) {
        if (now() - since < patience) break
        taken.delete(place)
      }
      if (taken.size >= maximum) return undefined
      const place = {}
      taken.set(place, now())
      return () => {
        taken.delete(place)
      }
    },
  }
}
