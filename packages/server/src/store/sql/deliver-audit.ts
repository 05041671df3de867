import type { AuditRow } from '../store.ts'
import { readSetting, writeSetting } from './settings.ts'
import type { Write } from './tables.ts'

/** See `AuditStore.deliver`. A store that was put back to an earlier state knows less than was delivered: it goes on from here. */
export const deliverAudit = async (
  db: Write,
  spool: string,
  from: number,
  events: readonly AuditRow[],
): Promise<number> => {
  const name = `audit spool ${spool}`
  const delivered = Number((await readSetting(db, name)) ?? 0)
  if (delivered > from) return delivered
  if (events.length === 0) return from
  await db
    .insertInto('audit_event')
    .values(events.map((row) => ({ ...row, reference: row.reference === '' ? null : row.reference })))
    .execute()
  const until = from + events.length
  await writeSetting(db, name, String(until))
  return until
}
