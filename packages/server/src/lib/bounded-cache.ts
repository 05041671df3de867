/**
 * A map of at most `capacity` entries that forgets what was put in longest ago: two generations are kept, and when the
 * younger is half the capacity the older is dropped. No operation costs more than a map's, and reading changes nothing:
 * with a hundred thousand clients in use at random, moving each to the front would cost more than all else in here. What
 * is in steady use and forgotten is put in again, once for as many entries as half the capacity.
 */
export type BoundedCache<K, V> = {
  readonly get: (key: K) => V | undefined
  readonly set: (key: K, value: V) => void
  readonly delete: (key: K) => void
  readonly clear: () => void
  readonly size: () => number
  /** Nothing may be put in meanwhile. */
  readonly entries: () => IteratorObject<readonly [K, V]>
}

export const createBoundedCache = <K, V>(capacity: number): BoundedCache<K, V> => {
  const half = Math.max(1, Math.ceil(capacity / 2))
  let young = new Map<K, V>()
  let old = new Map<K, V>()
  const set = (key: K, value: V): void => {
    if (young.size >= half && !young.has(key)) {
      old = young
      young = new Map()
    }
    young.set(key, value)
  }
  return {
    get: (key) => young.get(key) ?? old.get(key),
    set: (key, value) => {
      old.delete(key)
      set(key, value)
    },
    delete: (key) => {
      young.delete(key)
      old.delete(key)
    },
    clear: () => {
      young.clear()
      old.clear()
    },
    size: () => young.size + old.size,
    // One that was put in again is in both for a while, and the younger one is what counts.
    entries: () => new Map([...old, ...young]).entries(),
  }
}
