import type { StoreContact } from './store.ts'

/**
 * What was true when a node last heard of every change, for as long as it cannot ask: kept apart from what is true, used only
 * while the store was tried in vain, and not for long.
 */
export type LastKnown = {
  /** As of when everything that is kept is known to be true, in milliseconds of a clock that never jumps. */
  readonly asOf: () => number
  /** Whether it is recent enough to decide by while the store is away. */
  readonly isRecent: (asOf: number) => boolean
  /** Whether what was true then may be used instead of asking. */
  readonly mayUse: (asOf: number) => boolean
}

/**
 * @param limit how old it may be, in milliseconds
 * @param elapsed milliseconds that never jump
 */
export const createLastKnown = ({
  contact,
  limit,
  elapsed,
}: {
  readonly contact: () => StoreContact
  readonly limit: number
  readonly elapsed: () => number
}): LastKnown => {
  // Nothing is known to be true since the last news, whose age also grows while the machine sleeps.
  const isRecent = (asOf: number): boolean => Math.max(elapsed() - asOf, contact().newsAge) <= limit
  return {
    asOf: () => elapsed() - contact().newsAge,
    isRecent,
    mayUse: (asOf) => isRecent(asOf) && contact().unreachable,
  }
}

/** Uses nothing that may have changed. */
export const nothingLastKnown: LastKnown = {
  asOf: () => Number.NEGATIVE_INFINITY,
  isRecent: () => false,
  mayUse: () => false,
}
