/** Reads that are under way, by name: who asks for what is being read waits for the same read. */
export type ReadsUnderWay = {
  readonly together: <T>(name: string, read: () => Promise<T>) => Promise<T>
  /** What is under way is not waited for by those who come from now on. */
  readonly forget: () => void
}

/**
 * They are few at a time, and each is for one name: a list is searched as fast as a map is, and leaves nothing behind. A map
 * whose entries come and go makes itself anew every few entries, and each of its old selves, once it is old enough for only a full
 * garbage collection to find it, holds on to the next.
 */
export const createReadsUnderWay = (): ReadsUnderWay => {
  let reads: { readonly name: string; readonly result: Promise<unknown> }[] = []
  return {
    together: <T>(name: string, read: () => Promise<T>): Promise<T> => {
      const known = reads.find((one) => one.name === name)
      if (known !== undefined) return known.result as Promise<T>
      const result = read()
      const underWay = { name, result }
      reads.push(underWay)
      const ended = (): void => {
        const index = reads.indexOf(underWay)
        if (index < 0) return
        const last = reads.pop()
        if (last !== undefined && last !== underWay) reads[index] = last
      }
      result.then(ended, ended)
      return result
    },
    forget: () => {
      reads = []
    },
  }
}
