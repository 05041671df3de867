import { sql } from 'kysely'
import type { WorkspaceKey } from '../../domain/workspace.ts'
import type { Entity, EntityKind, ListRequest, TenantRow, WorkspaceRow } from '../store.ts'
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

/** An entity by its id alone; `id` is unique within its kind and parent, and for kinds with a parent within the kind. */
export const readEntity = async (
  db: Database,
  workspace: WorkspaceKey,
  kind: EntityKind,
  id: string,
): Promise<Entity | undefined> => {
  const row = await db
    .selectFrom('entity')
    .select(columns)
    .where('workspace', '=', workspace)
    .where('kind', '=', kind)
    .where('id', '=', id)
    .executeTakeFirst()
  return row && toEntity(row)
}

export const readAll = async (db: Database, workspace: WorkspaceKey, kind: EntityKind): Promise<Entity[]> => {
  const rows = await db
    .selectFrom('entity')
    .select(columns)
    .where('workspace', '=', workspace)
    .where('kind', '=', kind)
    .orderBy('id')
    .execute()
  return rows.map(toEntity)
}

export const list = async (
  db: Database,
  workspace: WorkspaceKey,
  kind: EntityKind,
  request: ListRequest,
): Promise<Entity[]> => {
  let query = db
    .selectFrom('entity')
    .select(columns)
    .where('workspace', '=', workspace)
    .where('kind', '=', kind)
    .where('id', '>', request.after)
    .orderBy('id')
    .limit(request.limit)
  if (request.parent !== '') query = query.where('parent', '=', request.parent)
  if (request.search !== '') {
    const pattern = `%${request.search.toLowerCase().replaceAll(/[\\%_]/g, (special) => `\\${special}`)}%`
    query = query.where(
      sql<boolean>`(lower(id) like ${pattern} escape '\\' or lower(body) like ${pattern} escape '\\')`,
    )
  }
  return (await query.execute()).map(toEntity)
}
