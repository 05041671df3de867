/** The time, as an argument, so that every test can move it. */
export type Clock = {
  /** Milliseconds since the epoch, UTC. */
  readonly now: () => number
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now() }

/** Whole seconds since the epoch, as tokens carry them (RFC 7519 §2, NumericDate). */
export const epochSeconds = (clock: Clock): number => Math.floor(clock.now() / 1000)
