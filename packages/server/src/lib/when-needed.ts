/** A value that is made on first need or some time after, whichever comes first. */
export type WhenNeeded<T> = {
  readonly get: () => Promise<T>
  /** The value, where it was made already. */
  readonly ifMade: () => T | undefined
  /** Makes it no more by itself. */
  readonly close: () => void
}

/**
 * @param delay milliseconds until it is made though nobody needed it; the process does not stay alive for it
 */
export const whenNeeded = <T>(make: () => Promise<T>, delay: number): WhenNeeded<T> => {
  let made: T | undefined
  let making: Promise<T> | undefined
  const get = (): Promise<T> => {
    making ??= make().then(
      (value) => {
        made = value
        return value
      },
      (error: unknown) => {
        making = undefined
        throw error
      },
    )
    return making
  }
  const timer = setTimeout(() => get().catch(() => {}), delay)
  timer.unref()
  return { get, ifMade: () => made, close: () => clearTimeout(timer) }
}
