import type { WorkspaceKey } from '../domain/workspace.ts'
import type { Entity, EntityKind, Store } from '../store/store.ts'
import { notFound } from './admin-problem.ts'
import { type Cursors, defaultPageSize, type PageQuery, pageOf } from './cursor.ts'

/** @throws AdminProblem `not-found` */
export const assertWorkspace = async (store: Store, workspace: WorkspaceKey): Promise<void> => {
  const found = await store.configuration.readEntity(workspace, 'workspace', workspace)
  if (found === undefined) throw notFound(`workspace ${workspace}`)
}

/** One page of a workspace's entities of a kind, in the order of their ids. */
export const listEntities = async <V>(
  { store, cursors }: { readonly store: Store; readonly cursors: Cursors },
  workspace: WorkspaceKey,
  kind: EntityKind,
  { limit = defaultPageSize, after, search = '' }: PageQuery & { readonly search?: string },
  view: (entity: Entity) => V,
): Promise<{ items: V[]; next?: string }> => {
  const list = JSON.stringify([workspace, kind, search])
  const place = after === undefined ? '' : cursors.read(list, after)
  await assertWorkspace(store, workspace)
  const found = await store.configuration.list(workspace, kind, { after: place, limit: limit + 1, search, parent: '' })
  return pageOf(found, limit, view, ({ id }) => cursors.write(list, id))
}
