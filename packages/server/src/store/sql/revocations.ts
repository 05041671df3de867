import { sql } from 'kysely'
import type { WorkspaceKey } from '../../domain/workspace.ts'
import type { AuditRow, Revocation, RevocationSubject } from '../store.ts'
import { insertAuditRows } from './audit.ts'
import type { Database, Write } from './tables.ts'

/** Rows one statement writes: making a statement costs more than a row does. */
const rowsPerStatement = 100

const placeOf = ({ workspace, subject, value }: Revocation): string => JSON.stringify([workspace, subject, value])

/** One row for each of what is revoked, with the later of both times, in an order that all nodes write in. */
const merged = (revocations: readonly Revocation[]): readonly Revocation[] => {
  const byPlace = new Map<string, Revocation>()
  for (const revocation of revocations) {
    const known = byPlace.get(placeOf(revocation))
    byPlace.set(placeOf(revocation), {
      ...revocation,
      issuedUntil: Math.max(revocation.issuedUntil, known?.issuedUntil ?? 0),
      expires: Math.max(revocation.expires, known?.expires ?? 0),
    })
  }
  return [...byPlace].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, revocation]) => revocation)
}

const later = (column: 'issued_until' | 'expires') =>
  sql<number>`CASE WHEN ${sql.ref(`excluded.${column}`)} > ${sql.ref(`revocation.${column}`)}
    THEN ${sql.ref(`excluded.${column}`)} ELSE ${sql.ref(`revocation.${column}`)} END`

/** Adds revocations; one that exists grows to the later of both times and never shrinks. */
export const addRevocations = async (
  db: Write,
  revocations: readonly Revocation[],
  events: readonly AuditRow[],
): Promise<void> => {
  const rows = merged(revocations).map(({ workspace, subject, value, issuedUntil, expires }) => ({
    workspace,
    subject,
    value,
    issued_until: issuedUntil,
    expires,
  }))
  for (let start = 0; start < rows.length; start += rowsPerStatement) {
    await db
      .insertInto('revocation')
      .values(rows.slice(start, start + rowsPerStatement))
      .onConflict((conflict) =>
        conflict
          .columns(['workspace', 'subject', 'value'])
          .doUpdateSet({ issued_until: later('issued_until'), expires: later('expires') }),
      )
      .execute()
  }
  await insertAuditRows(db, events)
}

export const listLiveRevocations = async (db: Database, now: number): Promise<Revocation[]> => {
  const rows = await db.selectFrom('revocation').selectAll().where('expires', '>', now).execute()
  return rows.map((row) => ({
    workspace: row.workspace as WorkspaceKey,
    subject: row.subject as RevocationSubject,
    value: row.value,
    issuedUntil: Number(row.issued_until),
    expires: Number(row.expires),
  }))
}

export const purgeRevocations = async (db: Write, now: number, limit: number): Promise<number> => {
  const result = await db
    .deleteFrom('revocation')
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('workspace', 'subject', 'value'),
        'in',
        selectFrom('revocation')
          .select(['workspace', 'subject', 'value'])
          .where('expires', '<=', now)
          .limit(limit)
          .$asTuple('workspace', 'subject', 'value'),
      ),
    )
    // Whoever extends one at this moment is waited for, and it stays.
    .where('expires', '<=', now)
    .executeTakeFirst()
  return Number(result.numDeletedRows)
}
