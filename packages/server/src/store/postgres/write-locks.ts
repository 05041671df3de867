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
