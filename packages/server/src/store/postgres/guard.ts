import { createUnderWay } from '../../lib/under-way.ts'
import { StoreUnavailableError } from '../store.ts'

/** An error in a few words; a host of several addresses that were tried in vain has its reasons inside, and a code. */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error.message || ('code' in error ? String(error.code) : error.name)
}

export const unavailable = (cause: unknown): StoreUnavailableError =>
  cause instanceof StoreUnavailableError
    ? cause
    : new StoreUnavailableError(`PostgreSQL: ${reasonOf(cause)}`, { cause })

type Method = (...args: readonly unknown[]) => Promise<unknown>

/** Whatever a group of the store is asked and cannot answer, it says so in one way; and what was asked is waited for at the end. */
export const createGuard = () => {
  const underWay = createUnderWay<Promise<unknown>>()
  const answer = async (method: Method, args: readonly unknown[]): Promise<unknown> => {
    try {
      return await method(...args)
    } catch (error) {
      throw unavailable(error)
    }
  }
  return {
    guard: <T extends object>(group: T, closed: () => boolean): T =>
      Object.fromEntries(
        Object.entries(group).map(([name, method]) => [
          name,
          (...args: readonly unknown[]) => {
            if (closed()) return Promise.reject(new StoreUnavailableError('the store is closed'))
            const running = answer(method as Method, args)
            underWay.begin(running)
            const ended = (): void => void underWay.end(running)
            running.then(ended, ended)
            return running
          },
        ]),
      ) as T,
    /** Resolves when nothing that was asked is under way any more. */
    settled: async (): Promise<void> => void (await Promise.allSettled(underWay.all())),
  }
}
