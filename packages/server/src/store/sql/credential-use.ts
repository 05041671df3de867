import type { WorkspaceKey } from '../../domain/workspace.ts'
import type { CredentialUse } from '../store.ts'
import type { Database, Write } from './tables.ts'

export const saveCredentialUses = async (db: Write, uses: readonly CredentialUse[]): Promise<void> => {
  for (const use of uses) {
    await db
      .insertInto('credential_use')
      .values(use)
      .onConflict((conflict) =>
        conflict
          .columns(['workspace', 'client', 'credential'])
          .doUpdateSet({ time: use.time, address: use.address })
          .where('credential_use.time', '<=', use.time),
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
