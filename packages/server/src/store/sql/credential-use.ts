import type { WorkspaceKey } from '../../domain/workspace.ts'
import type { CredentialUse } from '../store.ts'
import type { Database, Write } from './tables.ts'

/** Rows one statement writes: making a statement costs more than a row does. */
const rowsPerStatement = 100

/** Keeps the latest use of each; a credential may be named once in a call. */
export const saveCredentialUses = async (db: Write, uses: readonly CredentialUse[]): Promise<void> => {
  for (let start = 0; start < uses.length; start += rowsPerStatement) {
    await db
      .insertInto('credential_use')
      .values(uses.slice(start, start + rowsPerStatement))
      .onConflict((conflict) =>
        conflict
          .columns(['workspace', 'client', 'credential'])
          .doUpdateSet((row) => ({ time: row.ref('excluded.time'), address: row.ref('excluded.address') }))
          .whereRef('credential_use.time', '<=', 'excluded.time'),
      )
      .execute()
  }
}

export const listCredentialUses = async (
  db: Database,
  workspace: WorkspaceKey,
  client: string,
): Promise<CredentialUse[]> => {
  const rows = await db
    .selectFrom('credential_use')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('client', '=', client)
    .orderBy('credential')
    .execute()
  return rows.map((row) => ({ ...row, workspace: row.workspace as WorkspaceKey, time: Number(row.time) }))
}
