import { createUnderWay } from '../lib/under-way.ts'

/** Reads that are under way, by name: who asks for what is being read waits for the same read. */
export type ReadsUnderWay = {
  readonly together: <T>(name: string, read: () => Promise<T>) => Promise<T>
  /** What is under way is not waited for by those who come from now on. */
  readonly forget: () => void
}

export const createReadsUnderWay = (): ReadsUnderWay => {
  let reads = createUnderWay<{ readonly name: string; readonly result: Promise<unknown> }>()
  return {
    together: <T>(name: string, read: () => Promise<T>): Promise<T> => {
      const known = reads.all().find((one) => one.name === name)
      if (known !== undefined) return known.result as Promise<T>
      const result = read()
      const underWay = { name, result }
      reads.begin(underWay)
      const ended = (): void => void reads.end(underWay)
      result.then(ended, ended)
      return result
    },
    forget: () => {
      reads = createUnderWay()
    },
  }
}
