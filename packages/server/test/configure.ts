import assert from 'node:assert/strict'
import type { EntityKind, Store } from '../src/store/store.ts'
import type { TestServer } from './fixtures.ts'

type Target = Pick<TestServer, 'store' | 'clock'> & { readonly workspace: `${string}/${string}` }

const commit = async (
  { store, clock, workspace }: Target,
  kind: EntityKind,
  id: string,
  body: object | undefined,
  parent = '',
): Promise<void> => {
  const [row, all] = await Promise.all([
    store.configuration.readWorkspaceRow(workspace),
    store.configuration.readAll(workspace, kind),
  ])
  const revision = all.find((entity) => entity.id === id && entity.parent === parent)?.revision ?? 0
  const change = {
    kind,
    id,
    parent,
    expectedRevision: revision,
    body: body === undefined ? undefined : JSON.stringify(body),
    claims: [],
    before: undefined,
    after: undefined,
  }
  const result = await store.changes.commit(
    {
      workspace,
      validatedAt: row?.revision ?? 0,
      changes: [change],
      time: clock.now(),
      actor: 'test',
      note: '',
      draft: undefined,
      idempotency: undefined,
    },
    [],
  )
  assert.equal(result.outcome, 'committed')
}

/** Merges settings into an entity that exists, as an administrator's commit does; a member that is undefined is removed. */
export const change = async (
  target: Target,
  kind: EntityKind,
  id: string,
  settings: Readonly<Record<string, unknown>>,
  parent = '',
): Promise<void> => {
  const all = await target.store.configuration.readAll(target.workspace, kind)
  const found = all.find((entity) => entity.id === id && entity.parent === parent)
  assert.ok(found, `${kind} ${id}`)
  await commit(target, kind, id, { ...(JSON.parse(found.body) as object), ...settings }, parent)
}

/** Makes an entity. */
export const create = (target: Target, kind: EntityKind, id: string, body: object, parent = ''): Promise<void> =>
  commit(target, kind, id, body, parent)

/** Removes an entity and what belongs to it. */
export const remove = (target: Target, kind: EntityKind, id: string, parent = ''): Promise<void> =>
  commit(target, kind, id, undefined, parent)

/** The audit events of a workspace or of one reference, newest first, at most a thousand. */
export const auditOf = async (
  store: Store,
  filter: {
    readonly workspace?: string
    readonly reference?: string
    readonly client?: string
    readonly types?: readonly string[]
  },
): Promise<readonly Readonly<Record<string, unknown>>[]> => {
  const { events } = await store.audit.list(filter, Number.MAX_SAFE_INTEGER, 1000)
  return events.map(({ body }) => JSON.parse(body) as Readonly<Record<string, unknown>>)
}
