import { type CopyEnd, keyOf } from './copy-end.ts'

/** Events a store can have taken in a second at the most, far above what was measured. */
const eventsPerSecond = 20_000

/**
 * Lets the numbers of audit events begin anew beyond all that may have been given after a backup was made: whoever follows
 * the log by number, or knows events by it, must not take new ones for those seen before.
 * @param now epoch milliseconds
 */
export const skipLostNumbers = async (end: CopyEnd, now: number): Promise<void> => {
  const log = (await end.tables()).find(({ name }) => name === 'audit_event')
  const last = log && (await end.lastKey(log))
  if (log === undefined || last === undefined) return
  const sequence = Number(last[0])
  const [newest] = await end.page(log, [sequence - 1], undefined, 1)
  if (newest === undefined || keyOf(log, newest)[0] !== sequence) return
  const time = Number(newest[log.columns.findIndex(({ name }) => name === 'time')])
  const lost = Math.max(60, Math.ceil((now - time) / 1000)) * eventsPerSecond
  await end.continueAuditAfter(Math.max(sequence, await end.auditSequence()) + lost)
}
