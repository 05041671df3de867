import type { WorkspaceKey } from '../../domain/workspace.ts'
import type { CommittedChange, EntityChange } from '../store.ts'
import { putEndings, removeEndings } from './endings.ts'
import { childKinds, parentKinds } from './parent-kinds.ts'
import type { Write } from './tables.ts'
import { beginWebhook, endWebhook } from './webhooks.ts'

type Place = Pick<EntityChange, 'kind' | 'id' | 'parent'>

const keyOf = ({ kind, parent, id }: Place): string => JSON.stringify([kind, parent, id])

const nameOf = (change: Place): string => `${change.kind} ${change.id}`

const at = (workspace: WorkspaceKey, { kind, id, parent }: Place) => ({ workspace, kind, parent, id })

const readRevision = async (db: Write, workspace: WorkspaceKey, place: Place): Promise<number> => {
  const stored = await db
    .selectFrom('entity')
    .select('revision')
    .where((where) => where.and(at(workspace, place)))
    .executeTakeFirst()
  return Number(stored?.revision ?? 0)
}

/** Why a change does not fit what is stored, or undefined. */
const misfit = async (db: Write, workspace: WorkspaceKey, change: EntityChange): Promise<string | undefined> => {
  const found = await readRevision(db, workspace, change)
  if (found === change.expectedRevision) return undefined
  if (found === 0) return `${nameOf(change)} no longer exists`
  if (change.expectedRevision === 0) return `${nameOf(change)} exists already`
  return `${nameOf(change)} was changed in revision ${found}`
}

const releaseClaims = async (db: Write, workspace: WorkspaceKey, place: Place): Promise<void> => {
  await db
    .deleteFrom('claim')
    .where((where) => where.and(at(workspace, place)))
    .execute()
}

const removeEntity = async (db: Write, workspace: WorkspaceKey, place: Place): Promise<void> => {
  await releaseClaims(db, workspace, place)
  await db
    .deleteFrom('entity')
    .where((where) => where.and(at(workspace, place)))
    .execute()
  await removeEndings(db, workspace, place)
  if (place.kind === 'webhook') await endWebhook(db, workspace, place.id)
  if (place.kind === 'credential') {
    await db
      .deleteFrom('credential_use')
      .where((where) => where.and({ workspace, client: place.parent, credential: place.id }))
      .execute()
    await db
      .deleteFrom('credential_caller')
      .where((where) => where.and({ workspace, credential: place.id, client: place.parent }))
      .execute()
  }
}

/** Removes a client with its credentials, a workspace with everything in it; returns what went with it. */
const removeWhole = async (db: Write, workspace: WorkspaceKey, place: Place): Promise<Place[]> => {
  if (place.kind === 'workspace') {
    const all = await db
      .selectFrom('entity')
      .select(['kind', 'id', 'parent'])
      .where('workspace', '=', workspace)
      .execute()
    await db.deleteFrom('claim').where('workspace', '=', workspace).execute()
    await db.deleteFrom('entity').where('workspace', '=', workspace).execute()
    await db.deleteFrom('credential_use').where('workspace', '=', workspace).execute()
    await db.deleteFrom('credential_caller').where('workspace', '=', workspace).execute()
    await endWebhook(db, workspace, undefined)
    await db.deleteFrom('ending').where('workspace', '=', workspace).execute()
    await db.deleteFrom('draft').where('workspace', '=', workspace).execute()
    return (all as Place[]).filter(({ kind }) => kind !== 'workspace')
  }
  await removeEntity(db, workspace, place)
  const kinds = childKinds(place.kind)
  if (kinds.length === 0) return []
  const children = (await db
    .selectFrom('entity')
    .select(['kind', 'id', 'parent'])
    .where('workspace', '=', workspace)
    .where('kind', 'in', kinds)
    .where('parent', '=', place.id)
    .execute()) as Place[]
  for (const child of children) await removeEntity(db, workspace, child)
  return children
}

const writeEntity = async (
  db: Write,
  workspace: WorkspaceKey,
  revision: number,
  change: EntityChange,
  body: string,
): Promise<string[]> => {
  const conflicts: string[] = []
  await db
    .insertInto('entity')
    .values({ ...at(workspace, change), revision, body })
    .onConflict((conflict) =>
      conflict
        .columns(['workspace', 'kind', 'parent', 'id'])
        .doUpdateSet((row) => ({ revision: row.ref('excluded.revision'), body: row.ref('excluded.body') })),
    )
    .execute()
  if (change.kind === 'webhook') await beginWebhook(db, workspace, change.id)
  const { endings = [] } = change
  if (endings.length > 0 || change.expectedRevision > 0) await putEndings(db, workspace, change, endings)
  for (const name of new Set(change.claims)) {
    const inserted = await db
      .insertInto('claim')
      .values({ name, ...at(workspace, change) })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst()
    if (Number(inserted.numInsertedOrUpdatedRows ?? 0) === 0) conflicts.push(`${nameOf(change)}: ${name} is taken`)
  }
  return conflicts
}

/** An entity whose parent is not there is no state we could explain to anybody. */
const orphan = async (
  db: Write,
  workspace: WorkspaceKey,
  change: EntityChange,
  written: ReadonlySet<string>,
): Promise<string | undefined> => {
  const kind = parentKinds[change.kind]
  if (change.body === undefined || kind === undefined) return undefined
  const parent = { kind, id: change.parent, parent: '' }
  if (written.has(keyOf(parent)) || (await readRevision(db, workspace, parent)) > 0) return undefined
  return `${nameOf(change)}: ${kind} ${change.parent} does not exist`
}

const repeated = (changes: readonly EntityChange[]): string[] => {
  const seen = new Set<string>()
  return changes.flatMap((change) => {
    const place = keyOf(change)
    if (seen.has(place)) return [`${nameOf(change)} is changed twice`]
    seen.add(place)
    return []
  })
}

/**
 * Applies the changes of a commit as if all happened at once: what one of them gives up, another may take, in any order.
 * @returns the conflicts, after which the transaction must be rolled back; or what was removed with what was deleted
 */
export const applyChanges = async (
  db: Write,
  workspace: WorkspaceKey,
  revision: number,
  changes: readonly EntityChange[],
): Promise<{ readonly conflicts: readonly string[] } | { readonly removed: CommittedChange['entities'] }> => {
  const conflicts = repeated(changes)
  for (const change of changes) {
    const conflict = await misfit(db, workspace, change)
    if (conflict !== undefined) conflicts.push(conflict)
  }
  if (conflicts.length > 0) return { conflicts }
  const removed: Place[] = []
  for (const change of changes) {
    if (change.body === undefined) removed.push(...(await removeWhole(db, workspace, change)))
    else if (change.expectedRevision > 0) await releaseClaims(db, workspace, change)
  }
  for (const change of changes) {
    if (change.body !== undefined) conflicts.push(...(await writeEntity(db, workspace, revision, change, change.body)))
  }
  const written = new Set(changes.filter(({ body }) => body !== undefined).map(keyOf))
  for (const change of changes) {
    const conflict = await orphan(db, workspace, change, written)
    if (conflict !== undefined) conflicts.push(conflict)
  }
  return conflicts.length > 0 ? { conflicts } : { removed }
}
