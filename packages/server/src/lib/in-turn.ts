/** Runs work one after the other where it has the same name, in the order it came; work of other names goes on beside it. */
export type InTurn = <Result>(name: string, work: () => Promise<Result>) => Promise<Result>

export const createInTurn = (): InTurn => {
  const last = new Map<string, Promise<unknown>>()
  return async (name, work) => {
    const before = last.get(name) ?? Promise.resolve()
    const running = before.then(work)
    // The next one begins whether or not this one failed; whoever asked for it hears of it.
    const ended = running.catch(() => {})
    last.set(name, ended)
    try {
      return await running
    } finally {
      if (last.get(name) === ended) last.delete(name)
    }
  }
}
