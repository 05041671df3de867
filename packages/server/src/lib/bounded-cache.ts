/**
 * A map of at most `capacity` entries that forgets what was used longest ago: two generations are kept, and when the
 * younger is half the capacity the older is dropped, so that no operation costs more than a map's.
 */
export type BoundedCache<K, V> = {
  readonly get: (key: K) => V | undefined
  readonly set: (key: K, value: V) => void
  readonly delete: (key: K) => void
  readonly clear: () => void
  readonly size: () => number
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
    get: (key) => {
      const value = young.get(key)
      if (value !== undefined) return value
      const older = old.get(key)
      if (older === undefined) return undefined
      old.delete(key)
      set(key, older)
      return older
    },
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
  }
}
