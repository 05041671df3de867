/**
 * The promise, but no longer than so many milliseconds: then the error, and the promise is left to itself.
 * @param overdue makes the error
 */
export function within<Value>(milliseconds: number, promise: Promise<Value>, overdue: () => Error): Promise<Value> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(overdue()), Math.max(0, milliseconds))
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** The promise, unless the signal aborts first: then its reason, and the promise is left to itself. */
export function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
