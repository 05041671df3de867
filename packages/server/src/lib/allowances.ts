/** How much may be spent at once, and how fast it comes back: a token bucket. */
export type Allowance = {
  /** What a whole allowance holds, 1 or more. */
  readonly burst: number
  /** Milliseconds in which one comes back. */
  readonly interval: number
}

/**
 * What is left of allowances, by keys. It holds so many keys as it is made for, however many come: what is forgotten first is
 * what is nearest to being whole again, so that forgetting gives the least, and takes nothing from anybody.
 */
export type Allowances = {
  /** Milliseconds until one may be spent; 0: now. */
  readonly wait: (key: string, allowance: Allowance) => number
  readonly spend: (key: string, allowance: Allowance) => void
  /** Whether nothing is missing. */
  readonly isWhole: (key: string) => boolean
  /** Spends all there is. */
  readonly exhaust: (key: string, allowance: Allowance) => void
  /** What was noted of a key since its allowance was last left alone for as long as `quiet`. */
  readonly noteOf: (key: string) => string | undefined
  /** Notes something of a key that something was spent of. */
  readonly note: (key: string, note: string) => void
  readonly size: () => number
}

type Account = {
  /** When the allowance is whole again: the one number that a token bucket needs (the generic cell rate algorithm). */
  wholeAt: number
  note: string | undefined
}

/** How many of the oldest are looked at to find one to forget. */
const lookedAt = 8
/** Less than this, in milliseconds, is the error of the arithmetic. */
const error = 1e-3

/**
 * @param capacity keys at the most
 * @param quiet how long a note outlives the time when the allowance is whole again, in milliseconds
 * @param elapsed milliseconds that never jump
 */
export const createAllowances = ({
  capacity,
  quiet,
  elapsed,
}: {
  readonly capacity: number
  readonly quiet: number
  readonly elapsed: () => number
}): Allowances => {
  // Oldest first, as maps keep their order.
  const accounts = new Map<string, Account>()

  const isOver = ({ wholeAt, note }: Account, now: number): boolean => wholeAt + (note === undefined ? 0 : quiet) <= now

  const makeRoom = (now: number): void => {
    const oldest = accounts.entries().take(lookedAt).toArray()
    const over = oldest.filter(([, account]) => isOver(account, now))
    for (const [key] of over) accounts.delete(key)
    if (over.length > 0) return
    const [first, ...others] = oldest.toSorted(([, one], [, other]) => one.wholeAt - other.wholeAt)
    if (first !== undefined) accounts.delete(first[0])
    // Those who stay are not looked at again before all others were.
    for (const [key, account] of others) {
      accounts.delete(key)
      accounts.set(key, account)
    }
  }

  const take = (key: string, { burst, interval }: Allowance, count: number): void => {
    const now = elapsed()
    const most = now + burst * interval
    const known = accounts.get(key)
    if (known !== undefined && !isOver(known, now)) {
      known.wholeAt = Math.min(Math.max(known.wholeAt, now) + count * interval, most)
      return
    }
    if (known === undefined && accounts.size >= capacity) makeRoom(now)
    accounts.set(key, { wholeAt: Math.min(now + count * interval, most), note: undefined })
  }

  return {
    wait: (key, { burst, interval }) => {
      const account = accounts.get(key)
      if (account === undefined) return 0
      // An allowance that was made larger owes no more than there is in it.
      const missing = Math.min(account.wholeAt - elapsed(), burst * interval)
      const wait = missing - (burst - 1) * interval
      return wait > error ? wait : 0
    },
    spend: (key, allowance) => take(key, allowance, 1),
    isWhole: (key) => (accounts.get(key)?.wholeAt ?? Number.NEGATIVE_INFINITY) <= elapsed(),
    exhaust: (key, allowance) => take(key, allowance, allowance.burst),
    noteOf: (key) => {
      const account = accounts.get(key)
      return account === undefined || isOver(account, elapsed()) ? undefined : account.note
    },
    note: (key, note) => {
      const account = accounts.get(key)
      if (account !== undefined) account.note = note
    },
    size: () => accounts.size,
  }
}
