/** Parts that a table which grows with time has, filled in turn and emptied whole. The migrations make as many. */
export const slotCount = 32

const hour = 3_600_000
const day = 86_400_000

/** The slot of a time, in milliseconds, where each slot holds `width` of it and then it is the next one's turn. */
export const slotOf = (time: number, width: number): number => {
  const turn = Math.floor(time / width) % slotCount
  return turn < 0 ? turn + slotCount : turn
}

/** How much time a slot of used values holds, in milliseconds: nothing is remembered for as long as a whole round takes. */
export const usedValueWidth = hour

/**
 * How much time a slot of audit events holds, in milliseconds: whole days, so that a round is longer than events are kept,
 * with some slots to spare for purging late.
 * @param retention days
 */
export const auditWidth = (retention: number): number => Math.ceil(retention / (slotCount - 4)) * day
