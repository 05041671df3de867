/**
 * How far a clock may be from the others, in milliseconds: by so much a token may seem to be issued in the future and still be
 * active.
 */
export const clockTolerance = 30_000
/** How long what another node said of its clock counts, in milliseconds; nodes speak every second. */
const remembered = 5000
/** How long most clocks must be against one, in milliseconds: what others said may be older than what was just seen here. */
const patience = 2000
/** How long a node that has just begun to hear others judges nothing, in milliseconds. */
const listening = 3000

const middleOf = (sorted: readonly number[]): number => {
  const at = (index: number): number => sorted[index] ?? 0
  return (at(Math.floor((sorted.length - 1) / 2)) + at(Math.floor(sorted.length / 2))) / 2
}

/**
 * Whether most clocks agree with one another and not with this one. Where that cannot be said, as between two that differ, it
 * is false; so it is for one clock besides the database's at the least, whatever they all show.
 * @param own how far this clock is ahead, in milliseconds, of any point in time
 * @param others the same of all the others
 */
export const isOutvoted = (own: number, others: readonly number[]): boolean => {
  const all = [own, ...others]
  const middle = middleOf(all.toSorted((a, b) => a - b))
  const agreeing = all.filter((each) => Math.abs(each - middle) <= clockTolerance).length
  return agreeing > all.length / 2 && Math.abs(own - middle) > clockTolerance
}

/** What a node knows of the clocks of the database and of other nodes. */
export type ClockVote = {
  /** By how much the clock of this node is ahead of the database's, in milliseconds: as measured last, and as it has jumped since. */
  readonly ahead: () => number
  /** The same in whole milliseconds, for others; undefined until it was measured. */
  readonly told: () => number | undefined
  /** Whether this node should step back: most clocks, the database's among them, have been against its own for two seconds. */
  readonly isAside: () => boolean
  readonly measured: (ahead: number) => void
  /** @param ahead of the database's clock, as that node measured it, in milliseconds */
  readonly heard: (node: string, ahead: number) => void
  /** The database may be another one, with another clock. */
  readonly reconnected: () => void
}

/**
 * @param elapsed milliseconds that never jump
 * @param now epoch milliseconds
 */
export const createClockVote = (
  elapsed: () => number = () => performance.now(),
  now: () => number = Date.now,
): ClockVote => {
  const others = new Map<string, { readonly ahead: number; readonly at: number }>()
  const difference = (): number => now() - elapsed()
  let own = 0
  let known = false
  let measuredAt = difference()
  let judgesFrom = elapsed() + listening
  let againstSince: number | undefined
  let aside = false
  const ahead = (): number => own + difference() - measuredAt
  return {
    ahead,
    told: () => (known ? Math.round(ahead()) : undefined),
    isAside: () => aside,
    measured: (found) => {
      own = found
      known = true
      measuredAt = difference()
      const at = elapsed()
      if (at < judgesFrom) return
      for (const [node, other] of others) if (at - other.at > remembered) others.delete(node)
      if (isOutvoted(own, [0, ...[...others.values()].map((other) => other.ahead)])) {
        againstSince ??= at
        aside ||= at - againstSince >= patience
      } else {
        againstSince = undefined
        aside = false
      }
    },
    heard: (node, theirs) => void others.set(node, { ahead: theirs, at: elapsed() }),
    reconnected: () => {
      others.clear()
      againstSince = undefined
      judgesFrom = elapsed() + listening
    },
  }
}
