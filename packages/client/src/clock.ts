/** Two clocks, since neither can be trusted alone. */
export interface Clock {
  /** Milliseconds of a clock that never jumps. It may stand still while the machine sleeps. */
  readonly now: () => number
  /** Milliseconds since 1970. It may be set forth and back. */
  readonly currentTime: () => number
}

/** A point in time, by both clocks. */
export interface Moment {
  readonly monotonic: number
  readonly wall: number
}

export const momentOf = ({ now, currentTime }: Clock): Moment => ({ monotonic: now(), wall: currentTime() })

/** Milliseconds since a moment, the longer of what the clocks say: what is too old by one of them is too old. */
export const elapsedSince = ({ monotonic, wall }: Moment, { now, currentTime }: Clock): number =>
  Math.max(now() - monotonic, currentTime() - wall)
