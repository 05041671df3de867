/**
 * What is under way, while it is: each is put in when it begins, and taken out when it ends.
 *
 * Not a set or a map, in whose place this is where something is put in for each request. They make their table anew every few
 * members that come and go, and each old table goes on holding its last members and the table after it: one that lived long enough
 * to be found only by a full garbage collection keeps every request since.
 */
export type UnderWay<T> = {
  /** In no order. */
  readonly all: () => readonly T[]
  readonly begin: (one: T) => void
  /** @returns whether it was there */
  readonly end: (one: T) => boolean
}

/** For tens at a time, or some hundreds: they are searched from the first to the last. */
export const createUnderWay = <T>(): UnderWay<T> => {
  const all: T[] = []
  return {
    all: () => all,
    begin: (one) => void all.push(one),
    end: (one) => {
      const index = all.indexOf(one)
      if (index < 0) return false
      const last = all.pop() as T
      if (index < all.length) all[index] = last
      return true
    },
  }
}
