import { sql } from 'kysely'
import type { WorkspaceKey } from '../../domain/workspace.ts'
import type {
  AuditRow,
  Ending,
  EndingPage,
  EndingRow,
  EntityKind,
  EntityPlace,
  FoundCredential,
  KnownEnding,
} from '../store.ts'
import { insertAuditRows } from './audit.ts'
import type { Database, Tables, Write } from './tables.ts'

/** Makes the ends of an entity these; one that stays when it was keeps how far before it was announced. */
export const putEndings = async (
  db: Write,
  workspace: WorkspaceKey,
  { kind, id, parent }: EntityPlace,
  endings: readonly Ending[],
): Promise<void> => {
  const place = { workspace, kind, parent, id }
  const parts = endings.map(({ part }) => part)
  await db
    .deleteFrom('ending')
    .where((where) => where.and(place))
    .$if(parts.length > 0, (query) => query.where('part', 'not in', parts))
    .execute()
  for (const ending of endings) {
    await db
      .insertInto('ending')
      .values({ ...place, ...ending })
      .onConflict((conflict) =>
        conflict
          .columns(['workspace', 'kind', 'parent', 'id', 'part'])
          .doUpdateSet((row) => ({ ends: row.ref('excluded.ends'), announced: row.ref('excluded.announced') }))
          .whereRef('ending.ends', '<>', 'excluded.ends'),
      )
      .execute()
  }
}

/** Puts the ends of several entities, in one transaction. */
export const putAllEndings = async (
  db: Write,
  workspace: WorkspaceKey,
  all: readonly { readonly place: EntityPlace; readonly endings: readonly Ending[] }[],
): Promise<void> => {
  for (const { place, endings } of all) await putEndings(db, workspace, place, endings)
}

export const removeEndings = async (db: Write, workspace: WorkspaceKey, place: EntityPlace): Promise<void> =>
  putEndings(db, workspace, place, [])

type Row = Tables['ending'] & { readonly body: string | null }

const toRow = (row: Row): EndingRow => ({
  workspace: row.workspace as WorkspaceKey,
  place: { kind: row.kind as EntityKind, id: row.id, parent: row.parent },
  part: row.part,
  ends: Number(row.ends),
  announced: Number(row.announced),
  body: row.body ?? '{}',
})

/** Ends with what ends, as its kind keeps it. */
const withBodies = (db: Database) =>
  db
    .selectFrom('ending')
    .leftJoin('entity', (join) =>
      join
        .onRef('entity.workspace', '=', 'ending.workspace')
        .onRef('entity.kind', '=', 'ending.kind')
        .onRef('entity.parent', '=', 'ending.parent')
        .onRef('entity.id', '=', 'ending.id'),
    )
    .select([
      'ending.workspace',
      'ending.kind',
      'ending.parent',
      'ending.id',
      'ending.part',
      'ending.ends',
      'ending.announced',
      'entity.body',
    ])

/** The different distances there are: one step through the index for each, however many rows have it. */
export const announcedDistances = async (db: Database, workspace: WorkspaceKey): Promise<number[]> => {
  const found: number[] = []
  let above = Number.MIN_SAFE_INTEGER
  for (;;) {
    const next = await db
      .selectFrom('ending')
      .select('announced')
      .where('workspace', '=', workspace)
      .where('announced', '>', above)
      .orderBy('announced')
      .limit(1)
      .executeTakeFirst()
    if (next === undefined) return found
    above = Number(next.announced)
    found.push(above)
  }
}

export const dueEndings = async (
  db: Database,
  workspace: WorkspaceKey,
  announced: number,
  until: number,
  limit: number,
): Promise<EndingRow[]> => {
  const rows = await withBodies(db)
    .where('ending.workspace', '=', workspace)
    .where('ending.announced', '=', announced)
    .where('ending.ends', '<=', until)
    .orderBy('ending.ends')
    .limit(limit)
    .execute()
  return rows.map(toRow)
}

export const listEndings = async (db: Database, workspace: WorkspaceKey, page: EndingPage): Promise<EndingRow[]> => {
  const { after } = page
  const rows = await withBodies(db)
    .where('ending.workspace', '=', workspace)
    .where('ending.ends', '>', page.from)
    .where('ending.ends', '<=', page.until)
    .$if(page.announced !== undefined, (query) => query.where('ending.announced', 'in', [...(page.announced ?? [])]))
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(ending.ends, ending.parent, ending.id, ending.part) > (${after?.ends}, ${after?.parent}, ${after?.id}, ${after?.part})`,
      ),
    )
    .orderBy('ending.ends')
    .orderBy('ending.parent')
    .orderBy('ending.id')
    .orderBy('ending.part')
    .limit(page.limit)
    .execute()
  return rows.map(toRow)
}

export const countEndings = async (
  db: Database,
  workspace: WorkspaceKey,
  from: number,
  until: number,
): Promise<number> => {
  const row = await db
    .selectFrom('ending')
    .select((e) => e.fn.countAll().as('count'))
    .where('workspace', '=', workspace)
    .where('ends', '>', from)
    .where('ends', '<=', until)
    .executeTakeFirst()
  return Number(row?.count ?? 0)
}

/** Announces ends that nobody else announced or moved since they were read; true for each that was announced now. */
export const announceEndings = async (
  db: Write,
  notices: readonly { readonly ending: KnownEnding; readonly announced: number; readonly event: AuditRow }[],
): Promise<readonly boolean[]> => {
  const done: boolean[] = []
  for (const { ending, announced, event } of notices) {
    const { kind, parent, id } = ending.place
    const result = await db
      .updateTable('ending')
      .set({ announced })
      .where((where) =>
        where.and({
          workspace: ending.workspace,
          kind,
          parent,
          id,
          part: ending.part,
          ends: ending.ends,
          announced: ending.announced,
        }),
      )
      .executeTakeFirst()
    const first = Number(result.numUpdatedRows) === 1
    if (first) await insertAuditRows(db, [event])
    done.push(first)
  }
  return done
}

/** Forgets the ends of a workspace that were announced so far before. */
export const forgetEndings = async (
  db: Write,
  workspace: WorkspaceKey,
  announced: readonly number[],
): Promise<void> => {
  await db
    .deleteFrom('ending')
    .where('workspace', '=', workspace)
    .where('announced', 'in', [...announced])
    .execute()
}

export const listCredentials = async (
  db: Database,
  workspace: WorkspaceKey,
  after: { readonly parent: string; readonly id: string },
  limit: number,
): Promise<FoundCredential[]> => {
  const rows = await db
    .selectFrom('entity')
    .select(['id', 'parent', 'body'])
    .where('workspace', '=', workspace)
    .where('kind', '=', 'credential')
    .where(sql<boolean>`(parent, id) > (${after.parent}, ${after.id})`)
    .orderBy('parent')
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(({ id, parent, body }) => ({ place: { kind: 'credential', id, parent }, body }))
}
