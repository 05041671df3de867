import type { WorkspaceKey } from '../../domain/workspace.ts'
import { sha256 } from '../../lib/digest.ts'
import type { CredentialUse } from '../store.ts'
import type { Database, Tables, Write } from './tables.ts'

/** Callers of a credential that are kept at the most, the latest ones. */
export const callersPerCredential = 50

/** Rows one statement writes. */
const rowsPerStatement = 100

type Row = Tables['credential_caller']

/** What tells two callers apart, in a few characters: the parts themselves may be long. */
const callerOf = ({ address, agent, instance }: CredentialUse): string =>
  sha256(JSON.stringify([address, agent, instance]))
    .toString('base64url')
    .slice(0, 22)

/** Keeps the latest use by each caller, and of each credential the latest callers. */
export const saveCallers = async (db: Write, uses: readonly CredentialUse[]): Promise<void> => {
  const rows = new Map<string, Row>()
  for (const use of uses) {
    const row = { ...use, caller: callerOf(use) }
    const name = JSON.stringify([row.workspace, row.credential, row.caller])
    const known = rows.get(name)
    if (known === undefined || known.time <= row.time) rows.set(name, row)
  }
  const ordered = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
  for (let start = 0; start < ordered.length; start += rowsPerStatement) {
    await db
      .insertInto('credential_caller')
      .values(ordered.slice(start, start + rowsPerStatement))
      .onConflict((conflict) =>
        conflict
          .columns(['workspace', 'credential', 'caller'])
          .doUpdateSet((row) => ({ time: row.ref('excluded.time') }))
          .whereRef('credential_caller.time', '<=', 'excluded.time'),
      )
      .execute()
  }
  for (const [workspace, some] of Map.groupBy(ordered, (row) => row.workspace)) {
    const credentials = [...new Set(some.map(({ credential }) => credential))]
    for (let start = 0; start < credentials.length; start += rowsPerStatement) {
      await dropOldest(db, workspace, credentials.slice(start, start + rowsPerStatement))
    }
  }
}

const dropOldest = async (db: Write, workspace: string, credentials: readonly string[]): Promise<void> => {
  const crowded = await db
    .selectFrom('credential_caller')
    .select('credential')
    .where('workspace', '=', workspace)
    .where('credential', 'in', credentials)
    .groupBy('credential')
    .having((having) => having(having.fn.countAll(), '>', callersPerCredential))
    .execute()
  for (const { credential } of crowded) {
    const of = { workspace, credential }
    const all = await db
      .selectFrom('credential_caller')
      .select('caller')
      .where((where) => where.and(of))
      .orderBy('time', 'desc')
      .orderBy('caller')
      .execute()
    for (const { caller } of all.slice(callersPerCredential)) {
      await db
        .deleteFrom('credential_caller')
        .where((where) => where.and({ ...of, caller }))
        .execute()
    }
  }
}

/** Who used the credentials of a client, the latest first. */
export const listCallers = async (db: Database, workspace: WorkspaceKey, client: string): Promise<CredentialUse[]> => {
  const rows = await db
    .selectFrom('credential_caller')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('credential', 'in', (query) =>
      query
        .selectFrom('entity')
        .select('id')
        .where('workspace', '=', workspace)
        .where('kind', '=', 'credential')
        .where('parent', '=', client),
    )
    .where('client', '=', client)
    .orderBy('time', 'desc')
    .orderBy('credential')
    .orderBy('caller')
    .execute()
  return rows.map(({ client, credential, time, address, agent, instance }) => ({
    workspace,
    client,
    credential,
    time: Number(time),
    address,
    agent,
    instance,
  }))
}

/** Forgets callers that were not seen since `before`, at most `limit`; returns how many. */
export const purgeCallers = async (db: Write, before: number, limit: number): Promise<number> => {
  const result = await db
    .deleteFrom('credential_caller')
    .where(({ eb, refTuple, selectFrom }) =>
      eb(
        refTuple('workspace', 'credential', 'caller'),
        'in',
        selectFrom('credential_caller')
          .select(['workspace', 'credential', 'caller'])
          .where('time', '<', before)
          .limit(limit)
          .$asTuple('workspace', 'credential', 'caller'),
      ),
    )
    .where('time', '<', before)
    .executeTakeFirst()
  return Number(result.numDeletedRows)
}
