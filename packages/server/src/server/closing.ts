/**
 * In which order the parts of a server end: first what begins work by itself, then what takes requests, then what answers
 * them, and last what all of them write to.
 */
const stages = ['background', 'listeners', 'application', 'store'] as const

export type Stage = (typeof stages)[number]

type Closable = { readonly close: () => unknown }

/** What was opened so far, to be closed whether a server stops or does not come to its start. */
export type Closing = {
  readonly add: (stage: Stage, part: Closable) => void
  /**
   * Closes everything, stage by stage, one after the other; within a stage what was added last comes first.
   * @throws what the first part throws that cannot be closed
   */
  readonly close: () => Promise<void>
}

export const createClosing = (): Closing => {
  const opened: Readonly<Record<Stage, Closable[]>> = { background: [], listeners: [], application: [], store: [] }
  return {
    add: (stage, part) => {
      opened[stage].push(part)
    },
    close: async () => {
      for (const stage of stages) {
        for (let last = opened[stage].pop(); last !== undefined; last = opened[stage].pop()) await last.close()
      }
    },
  }
}
