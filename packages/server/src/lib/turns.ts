import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * For loops that may be long: called in each round, it lets everything else that waits be done every so many rounds, so
 * that no request stands still behind one that has much to do.
 */
export const takeTurns = (every: number): (() => Promise<void> | undefined) => {
  let rounds = 0
  return () => {
    rounds += 1
    return rounds % every === 0 ? nextTurn() : undefined
  }
}
