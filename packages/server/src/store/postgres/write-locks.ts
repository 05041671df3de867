import type { WriteArguments, WriteName } from '../sql/writes.ts'

/**
 * What a write decides by before it changes it, as names: writes with a name in common go one after the other, on whatever
 * node they are, and the later one sees what the earlier one did. SQLite has one writer and needs no such thing.
 */
type Locks = { readonly [N in WriteName]?: (...args: WriteArguments<N>) => readonly string[] }

const locks: Locks = {
  commit: ({ workspace, idempotency, changes }) => [
    // Names are the whole server's: two commits that want the same ones in another order would wait for each other.
    ...(changes.some(({ claims }) => claims.length > 0) ? ['claims'] : []),
    ...(idempotency === undefined ? [] : [`idempotency ${idempotency.key}`]),
    `workspace ${workspace}`,
  ],
  saveDraft: ({ workspace }) => [`workspace ${workspace}`],
  deleteDraft: (workspace) => [`workspace ${workspace}`],
  changeKeys: ({ workspace }) => [`keys ${workspace}`],
  deliverAudit: (spool) => [`audit spool ${spool}`],
  saveIdempotency: ({ key }) => [`idempotency ${key}`],
}

/** The names a write needs for itself, in the one order in which all take them. */
export const locksOf = <N extends WriteName>(name: N, args: WriteArguments<N>): readonly string[] => {
  const of = locks[name] as ((...args: WriteArguments<N>) => readonly string[]) | undefined
  return of === undefined ? [] : [...new Set(of(...args))].toSorted()
}

type Statement = { readonly text: string; readonly values: readonly unknown[] }

/** Rows that a write relies on, as a statement to begin with: nobody deletes them before it ends. */
const rows: { readonly [N in WriteName]?: (...args: WriteArguments<N>) => Statement } = {
  // Or a credential could go between the look whether it is there and the note of its use, which nobody would ever forget.
  saveCredentialUses: (uses) => ({
    text: `SELECT count(*) FROM (
      SELECT FROM entity JOIN unnest($1::text[], $2::text[], $3::text[]) AS use (workspace, client, credential)
        ON entity.workspace = use.workspace AND kind = 'credential' AND parent = client AND id = credential
      FOR KEY SHARE OF entity) AS held`,
    values: [
      uses.map(({ workspace }) => workspace),
      uses.map(({ client }) => client),
      uses.map(({ credential }) => credential),
    ],
  }),
}

/** What keeps the rows that a write relies on from being deleted until it ends; whoever deletes them waits. */
export const rowsHeldBy = <N extends WriteName>(name: N, args: WriteArguments<N>): Statement | undefined => {
  const of = rows[name] as ((...args: WriteArguments<N>) => Statement) | undefined
  return of?.(...args)
}
