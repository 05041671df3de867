import { type BoundedCache, createBoundedCache } from './bounded-cache.ts'

/**
 * A bounded cache whose entries can be retired all at once: they are no longer what is so, but what was so at a time, until
 * they are put in again, deleted, or retired once more.
 */
export type RememberingCache<K, V> = Pick<BoundedCache<K, V>, 'get' | 'set' | 'delete' | 'size'> & {
  /** Makes everything that is so something that was so at that time, in milliseconds. */
  readonly retire: (asOf: number) => void
  /** Whether some value fulfils a condition; `asOf` is undefined for what is so. */
  readonly some: (condition: (value: V, asOf: number | undefined) => boolean) => boolean
  readonly past: (key: K) => { readonly value: V; readonly asOf: number } | undefined
}

/** What is retired again within so many milliseconds is remembered together: a connection may come and go several times. */
const together = 30_000

/** @param make how the entries are kept */
export const createRememberingCache = <K, V>(
  capacity: number,
  make: (capacity: number) => BoundedCache<K, V> = createBoundedCache,
): RememberingCache<K, V> => {
  let present = make(capacity)
  let past = make(capacity)
  let pastAsOf = Number.NEGATIVE_INFINITY
  return {
    get: (key) => present.get(key),
    set: (key, value) => {
      past.delete(key)
      present.set(key, value)
    },
    delete: (key) => {
      past.delete(key)
      present.delete(key)
    },
    size: () => present.size(),
    retire: (asOf) => {
      if (present.size() === 0) return
      if (present.size() < past.size() && asOf - pastAsOf <= together) {
        // The few that are new join the many: they are taken for older than they are, and never for newer.
        for (const [key, value] of present.entries()) past.set(key, value)
      } else {
        past = present
        pastAsOf = asOf
      }
      present = make(capacity)
    },
    some: (condition) =>
      present.entries().some(([, value]) => condition(value, undefined)) ||
      past.entries().some(([, value]) => condition(value, pastAsOf)),
    past: (key) => {
      const value = past.get(key)
      return value === undefined ? undefined : { value, asOf: pastAsOf }
    },
  }
}
