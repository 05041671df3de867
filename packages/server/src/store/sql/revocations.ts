import type { WorkspaceKey } from '../../domain/workspace.ts'
import type { AuditRow, Revocation, RevocationSubject } from '../store.ts'
import { insertAuditRows } from './audit.ts'
import type { Database, Write } from './tables.ts'

/** Adds revocations; one that exists grows to the later of both times and never shrinks. */
export const addRevocations = async (
  db: Write,
  revocations: readonly Revocation[],
  events: readonly AuditRow[],
): Promise<void> => {
  for (const revocation of revocations) {
    const stored = await db
      .selectFrom('revocation')
      .select(['issued_until', 'expires'])
      .where('workspace', '=', revocation.workspace)
      .where('subject', '=', revocation.subject)
      .where('value', '=', revocation.value)
      .executeTakeFirst()
    const issuedUntil = Math.max(revocation.issuedUntil, Number(stored?.issued_until ?? 0))
    const expires = Math.max(revocation.expires, Number(stored?.expires ?? 0))
    await db
      .insertInto('revocation')
      .values({
        workspace: revocation.workspace,
        subject: revocation.subject,
        value: revocation.value,
        issued_until: issuedUntil,
        expires,
      })
      .onConflict((conflict) =>
        conflict.columns(['workspace', 'subject', 'value']).doUpdateSet({ issued_until: issuedUntil, expires }),
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
  const dead = await db
    .selectFrom('revocation')
    .select(['workspace', 'subject', 'value'])
    .where('expires', '<=', now)
    .limit(limit)
    .execute()
  for (const row of dead) {
    await db
      .deleteFrom('revocation')
      .where('workspace', '=', row.workspace)
      .where('subject', '=', row.subject)
      .where('value', '=', row.value)
      .where('expires', '<=', now)
      .execute()
  }
  return dead.length
}
