/** How far before the end of something it is announced, in seconds, where a workspace does not say. */
export const defaultExpiryNotices: readonly number[] = [2_592_000, 604_800, 86_400]

/**
 * What is kept of an end is how far before it it was announced last: some of the distances of its workspace, in seconds, 0 when
 * it was announced that it is over, or one of these.
 */
export const notAnnounced = Number.MAX_SAFE_INTEGER
/** Of a credential that has no end of its own soon enough: it will be, or is, older than its workspace wants. */
export const ageAhead = -1
export const ageAnnounced = -2

/** The nearest of the distances that an end is within, in seconds; 0 is that it is over. */
const reached = (ends: number, notices: readonly number[], now: number): number | undefined =>
  [0, ...notices].sort((a, b) => a - b).find((distance) => ends - now <= distance * 1000)

/**
 * What is to be announced of an end: the nearest distance it is within, once. Distances that nobody announced in time are
 * left out, since what is nearer says more.
 * @param ends epoch milliseconds
 */
export const noticeDue = (
  ends: number,
  announced: number,
  notices: readonly number[],
  now: number,
): number | undefined => {
  const nearest = reached(ends, notices, now)
  return nearest !== undefined && nearest < announced ? nearest : undefined
}

/**
 * What counts as announced of an end that is set now: whoever sets it nearer than a distance knows that, so that a short
 * overlap of a rotation is no alarm.
 */
export const announcedAtFirst = (ends: number, notices: readonly number[], now: number): number =>
  reached(ends, notices, now) ?? notAnnounced

/** The next distance at which something is announced that was announced at this one; undefined: it was announced that it is over. */
export const nextNotice = (announced: number, notices: readonly number[]): number | undefined => {
  const smaller = [0, ...notices].filter((distance) => distance < announced)
  return smaller.length === 0 ? undefined : Math.max(...smaller)
}
