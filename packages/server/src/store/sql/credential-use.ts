import type { WorkspaceKey } from '../../domain/workspace.ts'
import type { CredentialLastUse, CredentialUse } from '../store.ts'
import { saveCallers } from './credential-callers.ts'
import type { Database, Write } from './tables.ts'

/** Rows one statement writes: making a statement costs more than a row does. */
const rowsPerStatement = 100

/** The latest use of each credential, in the order of the rows' keys, so that two nodes never wait for one another. */
const latest = (uses: readonly CredentialUse[]): CredentialLastUse[] => {
  const byName = new Map<string, CredentialLastUse>()
  for (const { workspace, client, credential, time, address } of uses) {
    const name = JSON.stringify([workspace, client, credential])
    const known = byName.get(name)
    if (known === undefined || known.time <= time) {
      byName.set(name, { workspace, client, credential, time, address })
    }
  }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, use]) => use)
}

/** Those whose credential is still there: uses are written late, and of one that was deleted meanwhile nobody would forget them. */
const ofWhatIsThere = async (db: Write, uses: readonly CredentialUse[]): Promise<CredentialUse[]> => {
  const found = new Set<string>()
  for (const [workspace, some] of Map.groupBy(uses, (use) => use.workspace)) {
    const clients = [...new Set(some.map(({ client }) => client))]
    for (let start = 0; start < clients.length; start += rowsPerStatement) {
      const rows = await db
        .selectFrom('entity')
        .select(['parent', 'id'])
        .where('workspace', '=', workspace)
        .where('kind', '=', 'credential')
        .where('parent', 'in', clients.slice(start, start + rowsPerStatement))
        .execute()
      for (const { parent, id } of rows) found.add(JSON.stringify([workspace, parent, id]))
    }
  }
  return uses.filter(({ workspace, client, credential }) => found.has(JSON.stringify([workspace, client, credential])))
}

/** Keeps the latest use of each, and who its latest callers are. */
export const saveCredentialUses = async (db: Write, all: readonly CredentialUse[]): Promise<void> => {
  const uses = await ofWhatIsThere(db, all)
  const rows = latest(uses)
  for (let start = 0; start < rows.length; start += rowsPerStatement) {
    await db
      .insertInto('credential_use')
      .values(rows.slice(start, start + rowsPerStatement))
      .onConflict((conflict) =>
        conflict
          .columns(['workspace', 'client', 'credential'])
          .doUpdateSet((row) => ({ time: row.ref('excluded.time'), address: row.ref('excluded.address') }))
          .whereRef('credential_use.time', '<=', 'excluded.time'),
      )
      .execute()
  }
  await saveCallers(db, uses)
}

export const listCredentialUses = async (
  db: Database,
  workspace: WorkspaceKey,
  client: string,
): Promise<CredentialLastUse[]> => {
  const rows = await db
    .selectFrom('credential_use')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('client', '=', client)
    .orderBy('credential')
    .execute()
  return rows.map(({ client, credential, time, address }) => ({
    workspace,
    client,
    credential,
    time: Number(time),
    address,
  }))
}
