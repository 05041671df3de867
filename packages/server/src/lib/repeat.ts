/** Work the server does beside requests, again and again. */
export type Repetition = {
  /** Does it now; while it is being done, that one is waited for. Rejects as the work does. */
  readonly now: () => Promise<void>
  /** No more of it; resolves when what was under way is done. */
  readonly close: () => Promise<void>
}

/**
 * Does `work` every `interval` milliseconds, one at a time, without keeping the process alive.
 * @param onFailure told of failures of its own time; those of `now` go to its caller
 */
export const repeat = (
  work: () => Promise<void>,
  interval: number,
  onFailure: (error: unknown) => void,
): Repetition => {
  let underway: Promise<void> | undefined
  let closed = false
  const now = (): Promise<void> => {
    if (closed) return Promise.resolve()
    underway ??= work().finally(() => {
      underway = undefined
    })
    return underway
  }
  const timer = setInterval(() => now().catch(onFailure), interval).unref()
  return {
    now,
    close: async () => {
      closed = true
      clearInterval(timer)
      await underway?.catch(() => {})
    },
  }
}
