import type { WorkspaceKey } from '../../domain/workspace.ts'
import type { AuditRow, Commit, CommitResult, CommittedChange, DraftRow, RevisionRow, TenantRow } from '../store.ts'
import { applyChanges } from './apply-changes.ts'
import { insertAuditRows } from './audit.ts'
import { findIdempotency, saveIdempotency } from './idempotency.ts'
import type { Database, Write } from './tables.ts'

/** Thrown inside a transaction to roll it back with an answer. */
export class RolledBack<T> extends Error {
  override readonly name = 'RolledBack'
  readonly result: T
  constructor(result: T) {
    super('rolled back')
    this.result = result
  }
}

export const createTenant = async (
  db: Write,
  tenant: TenantRow,
  events: readonly AuditRow[],
): Promise<'created' | 'exists'> => {
  const result = await db
    .insertInto('tenant')
    .values({ id: tenant.id, display_name: tenant.displayName, created: tenant.created })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  if (Number(result.numInsertedOrUpdatedRows ?? 0) === 0) return 'exists'
  await insertAuditRows(db, events)
  return 'created'
}

/** The result of a commit, with what went because what it belonged to was deleted. */
export type Committed =
  | Exclude<CommitResult, { readonly outcome: 'committed' }>
  | (Extract<CommitResult, { readonly outcome: 'committed' }> & { readonly removed: CommittedChange['entities'] })

/** Removes the draft of a commit; what was staged, committed or discarded since the commit was asked for makes a conflict. */
const endDraft = async (
  db: Write,
  workspace: WorkspaceKey,
  { id, version }: NonNullable<Commit['draft']>,
): Promise<void> => {
  const ended = await db
    .deleteFrom('draft')
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .where('version', '=', version)
    .executeTakeFirst()
  if (Number(ended.numDeletedRows) > 0) return
  const conflicts = [`the change set ${id} was changed, committed or discarded meanwhile`]
  throw new RolledBack<Committed>({ outcome: 'conflict', conflicts })
}

/** Applies a commit whole, or throws `RolledBack` with the reason it was not. */
export const commit = async (db: Write, request: Commit, events: readonly AuditRow[]): Promise<Committed> => {
  const { workspace, idempotency } = request
  if (idempotency !== undefined && (await findIdempotency(db, idempotency.key, request.time)) !== undefined) {
    return { outcome: 'repeated' }
  }
  const row = await db.selectFrom('workspace').select('revision').where('key', '=', workspace).executeTakeFirst()
  const current = Number(row?.revision ?? 0)
  if (current !== request.validatedAt) return { outcome: 'moved', revision: current }
  if (request.draft !== undefined) await endDraft(db, workspace, request.draft)
  const revision = current + 1
  const applied = await applyChanges(db, workspace, revision, request.changes)
  if ('conflicts' in applied) throw new RolledBack<Committed>({ outcome: 'conflict', conflicts: applied.conflicts })
  await db
    .insertInto('workspace')
    .values({ key: workspace, revision })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ revision }))
    .execute()
  const changes = request.changes.map(({ kind, id, parent, before, after }) => ({ kind, id, parent, before, after }))
  await db
    .insertInto('revision')
    .values({
      workspace,
      number: revision,
      time: request.time,
      actor: request.actor,
      note: request.note,
      changes: JSON.stringify(changes),
    })
    .execute()
  if (idempotency !== undefined) await saveIdempotency(db, idempotency)
  await insertAuditRows(db, events)
  return { outcome: 'committed', revision, removed: applied.removed }
}

const toRevision = (row: {
  number: number
  time: number
  actor: string
  note: string
  changes: string
}): RevisionRow => ({
  number: Number(row.number),
  time: Number(row.time),
  actor: row.actor,
  note: row.note,
  changes: row.changes,
})

export const listRevisions = async (
  db: Database,
  workspace: WorkspaceKey,
  before: number,
  limit: number,
): Promise<RevisionRow[]> => {
  const rows = await db
    .selectFrom('revision')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('number', '<', before)
    .orderBy('number', 'desc')
    .limit(limit)
    .execute()
  return rows.map(toRevision)
}

export const readRevisions = async (
  db: Database,
  workspace: WorkspaceKey,
  from: number,
  to: number,
): Promise<RevisionRow[]> => {
  const rows = await db
    .selectFrom('revision')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('number', '>', from)
    .where('number', '<=', to)
    .orderBy('number', 'asc')
    .execute()
  return rows.map(toRevision)
}

const toDraft = (row: Omit<DraftRow, 'workspace'> & { workspace: string }): DraftRow => ({
  id: row.id,
  workspace: row.workspace as WorkspaceKey,
  base: Number(row.base),
  created: Number(row.created),
  actor: row.actor,
  note: row.note,
  version: Number(row.version),
  operations: row.operations,
})

export const saveDraft = async (
  db: Write,
  draft: DraftRow,
  events: readonly AuditRow[],
): Promise<'saved' | 'stale'> => {
  const stored = await db
    .selectFrom('draft')
    .select('version')
    .where('workspace', '=', draft.workspace)
    .where('id', '=', draft.id)
    .executeTakeFirst()
  if (Number(stored?.version ?? 0) !== draft.version - 1) return 'stale'
  await db
    .insertInto('draft')
    .values({ ...draft })
    .onConflict((conflict) =>
      conflict.columns(['workspace', 'id']).doUpdateSet({
        version: draft.version,
        operations: draft.operations,
        note: draft.note,
        base: draft.base,
      }),
    )
    .execute()
  await insertAuditRows(db, events)
  return 'saved'
}

export const readDraft = async (db: Database, workspace: WorkspaceKey, id: string): Promise<DraftRow | undefined> => {
  const row = await db
    .selectFrom('draft')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && toDraft(row)
}

export const listDrafts = async (db: Database, workspace: WorkspaceKey): Promise<DraftRow[]> => {
  const rows = await db
    .selectFrom('draft')
    .selectAll()
    .where('workspace', '=', workspace)
    .orderBy('created')
    .orderBy('id')
    .execute()
  return rows.map(toDraft)
}

export const deleteDraft = async (
  db: Write,
  workspace: WorkspaceKey,
  id: string,
  events: readonly AuditRow[],
): Promise<boolean> => {
  const result = await db.deleteFrom('draft').where('workspace', '=', workspace).where('id', '=', id).executeTakeFirst()
  if (Number(result.numDeletedRows) === 0) return false
  await insertAuditRows(db, events)
  return true
}
