import type { AuditFilter, AuditRow, StoredAuditRow } from '../store.ts'
import type { Database, Write } from './tables.ts'

/** Inserts events of a write in its own transaction; the token path has a prepared statement of its own. */
export const insertAuditRows = async (db: Write, rows: readonly AuditRow[]): Promise<void> => {
  for (const row of rows) {
    await db
      .insertInto('audit_event')
      .values({ ...row, reference: row.reference === '' ? null : row.reference })
      .execute()
  }
}

const columns = ['sequence', 'time', 'type', 'workspace', 'client', 'reference', 'body'] as const

const toRow = (row: {
  sequence: number
  time: number
  type: string
  workspace: string
  client: string
  reference: string | null
  body: string
}): StoredAuditRow => ({
  ...row,
  sequence: Number(row.sequence),
  time: Number(row.time),
  reference: row.reference ?? '',
})

const matches =
  (filter: AuditFilter) =>
  (row: StoredAuditRow): boolean =>
    (filter.workspace === undefined || row.workspace === filter.workspace) &&
    (filter.client === undefined || row.client === filter.client) &&
    (filter.reference === undefined || row.reference === filter.reference) &&
    (filter.since === undefined || row.time >= filter.since) &&
    (filter.until === undefined || row.time < filter.until) &&
    (filter.types === undefined ||
      filter.types.some((type) => (type.endsWith('.') ? row.type.startsWith(type) : row.type === type)))

/** How many rows one read looks at: small enough that a rare filter over a long log never holds the thread for long. */
const chunk = 2000
/** How many rows one call looks at before it returns what it has, with a place to go on from. */
const scanLimit = 200_000

export const listAudit = async (
  db: Database,
  filter: AuditFilter,
  before: number,
  limit: number,
): Promise<{ events: StoredAuditRow[]; next: number | undefined }> => {
  if (filter.reference !== undefined) {
    const found = await db
      .selectFrom('audit_event')
      .select(columns)
      .where('reference', '=', filter.reference)
      .where('sequence', '<', before)
      .orderBy('sequence', 'desc')
      .limit(limit)
      .execute()
    return { events: found.map(toRow).filter(matches(filter)), next: undefined }
  }
  const fits = matches(filter)
  const events: StoredAuditRow[] = []
  let position = before
  for (let scanned = 0; scanned < scanLimit; scanned += chunk) {
    const rows = await db
      .selectFrom('audit_event')
      .select(columns)
      .where('sequence', '<', position)
      .orderBy('sequence', 'desc')
      .limit(chunk)
      .execute()
    for (const raw of rows) {
      const row = toRow(raw)
      position = row.sequence
      if (filter.since !== undefined && row.time < filter.since) return { events, next: undefined }
      if (!fits(row)) continue
      events.push(row)
      if (events.length === limit) return { events, next: position }
    }
    if (rows.length < chunk) return { events, next: undefined }
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  return { events, next: position }
}

/** @param settled the sequence up to which no event can appear any more; where there is one writer, all of them */
export const followAudit = async (
  db: Database,
  filter: AuditFilter,
  after: number,
  limit: number,
  settled = Number.MAX_SAFE_INTEGER,
): Promise<{ events: StoredAuditRow[]; position: number }> => {
  const rows = await db
    .selectFrom('audit_event')
    .select(columns)
    .where('sequence', '>', after)
    .where('sequence', '<=', settled)
    .orderBy('sequence', 'asc')
    .limit(chunk)
    .execute()
  const fits = matches(filter)
  const events: StoredAuditRow[] = []
  let position = after
  for (const raw of rows) {
    const row = toRow(raw)
    position = row.sequence
    if (fits(row)) events.push(row)
    if (events.length === limit) break
  }
  return { events, position }
}

export const newestAudit = async (db: Database): Promise<number> => {
  const row = await db
    .selectFrom('audit_event')
    .select((e) => e.fn.max('sequence').as('newest'))
    .executeTakeFirst()
  return Number(row?.newest ?? 0)
}

export const purgeAudit = async (db: Write, before: number, limit: number): Promise<number> => {
  const oldest = await db
    .selectFrom('audit_event')
    .select(['sequence', 'time'])
    .orderBy('sequence', 'asc')
    .limit(limit)
    .execute()
  const until = oldest.findLast(({ time }) => Number(time) < before)?.sequence
  if (until === undefined) return 0
  const result = await db
    .deleteFrom('audit_event')
    .where('sequence', '<=', until)
    .where('time', '<', before)
    .executeTakeFirst()
  return Number(result.numDeletedRows)
}
