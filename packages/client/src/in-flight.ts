export interface InFlightOptions {
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number
  /** Milliseconds in which a request ends by itself, whatever happens to it. */
  readonly patience: number
}

export interface InFlight<Value> {
  /** The request that runs, if there is one. */
  running(): Promise<Value> | undefined
  /** Joins the request that runs, or begins one. */
  join(begin: () => Promise<Value>): Promise<Value>
  /** Whether the one that began last never ended and was given up. */
  lost(): boolean
}

/**
 * One request at a time for any number of callers.
 *
 * Workers drop what goes on when the request they serve has been answered, timers too, so that a promise may never settle.
 * What has not ended within `patience` is given up: nobody joins it, and the next caller begins anew.
 */
export function inFlight<Value>({ now, patience }: InFlightOptions): InFlight<Value> {
  let current: { readonly promise: Promise<Value>; readonly since: number } | undefined
  const lost = () => current !== undefined && now() - current.since >= patience
  const running = () => (lost() ? undefined : current?.promise)

  return {
    lost,
    running,
    join: (begin) => {
      const joined = running()
      if (joined !== undefined) return joined
      const promise = begin().finally(() => {
        if (current === begun) current = undefined
      })
      const begun = { promise, since: now() }
      current = begun
      return promise
    },
  }
}
