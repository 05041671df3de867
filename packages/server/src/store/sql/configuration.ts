import { sql } from 'kysely'
import type { WorkspaceKey } from '../../domain/workspace.ts'
import type { Entity, EntityKind, ListRequest, TenantRow, WorkspaceRow } from '../store.ts'
import { parentKinds } from './parent-kinds.ts'
import type { Database } from './tables.ts'

const columns = ['kind', 'id', 'parent', 'revision', 'body'] as const

const toEntity = (row: { kind: string; id: string; parent: string; revision: number; body: string }): Entity => ({
  ...row,
  kind: row.kind as EntityKind,
  revision: Number(row.revision),
})

export const listTenants = async (db: Database): Promise<TenantRow[]> => {
  const rows = await db.selectFrom('tenant').selectAll().orderBy('id').execute()
  return rows.map((row) => ({ id: row.id, displayName: row.display_name, created: Number(row.created) }))
}

export const listWorkspaces = async (db: Database): Promise<WorkspaceRow[]> => {
  const rows = await db.selectFrom('workspace').selectAll().orderBy('key').execute()
  return rows.map((row) => ({ key: row.key as WorkspaceKey, revision: Number(row.revision) }))
}

export const listWorkspaceEntities = async (db: Database): Promise<(Entity & { workspace: WorkspaceKey })[]> => {
  const workspaces = await listWorkspaces(db)
  const entities: (Entity & { workspace: WorkspaceKey })[] = []
  for (const { key } of workspaces) {
    for (const entity of await readAll(db, key, 'workspace')) entities.push({ ...entity, workspace: key })
  }
  return entities
}

export const readWorkspaceRow = async (db: Database, key: WorkspaceKey): Promise<WorkspaceRow | undefined> => {
  const row = await db.selectFrom('workspace').selectAll().where('key', '=', key).executeTakeFirst()
  return row && { key: row.key as WorkspaceKey, revision: Number(row.revision) }
}

/** The rows of a kind. A kind that stands alone has an empty parent, and saying so is what lets the primary key find it. */
const ofKind = (db: Database, workspace: WorkspaceKey, kind: EntityKind) => {
  const rows = db.selectFrom('entity').select(columns).where('workspace', '=', workspace).where('kind', '=', kind)
  return parentKinds[kind] === undefined ? rows.where('parent', '=', '') : rows
}

/** An entity by its id alone, which is unique within its kind also where the kind has parents. */
export const readEntity = async (
  db: Database,
  workspace: WorkspaceKey,
  kind: EntityKind,
  id: string,
): Promise<Entity | undefined> => {
  const row = await ofKind(db, workspace, kind).where('id', '=', id).executeTakeFirst()
  return row && toEntity(row)
}

export const readAll = async (db: Database, workspace: WorkspaceKey, kind: EntityKind): Promise<Entity[]> =>
  (await ofKind(db, workspace, kind).orderBy('id').execute()).map(toEntity)

export const list = async (
  db: Database,
  workspace: WorkspaceKey,
  kind: EntityKind,
  request: ListRequest,
): Promise<Entity[]> => {
  let query = ofKind(db, workspace, kind).where('id', '>', request.after).orderBy('id').limit(request.limit)
  if (request.parent !== '') query = query.where('parent', '=', request.parent)
  if (request.search !== '') {
    // ASCII only: SQLite's lower() knows no other letters, and both databases must find the same.
    const text = request.search.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
    const pattern = `%${text.replaceAll(/[\\%_]/g, (special) => `\\${special}`)}%`
    query = query.where(
      sql<boolean>`(lower(id) like ${pattern} escape '\\' or lower(body) like ${pattern} escape '\\')`,
    )
  }
  return (await query.execute()).map(toEntity)
}
