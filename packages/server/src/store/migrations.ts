import { readdirSync, readFileSync } from 'node:fs'
import { StoreOpenError } from './store.ts'

/** A step of a schema. */
export type Migration = { readonly number: number; readonly name: string; readonly sql: () => string }

/** The migrations of one kind of database that this version knows, `0001-foundation.sql` first. */
export const readMigrations = (directory: URL): readonly Migration[] =>
  readdirSync(directory)
    .filter((name) => /^\d{4}-.*\.sql$/.test(name))
    .sort()
    .map((name) => ({
      number: Number(name.slice(0, 4)),
      name,
      sql: () => readFileSync(new URL(name, directory), 'utf8'),
    }))

/** @throws StoreOpenError when a database is of a later schema than any that is known */
export const refuseNewer = (place: string, version: number, known: readonly Migration[]): void => {
  const newest = known.at(-1)?.number ?? 0
  if (version > newest) {
    throw new StoreOpenError(
      `${place} was written by a newer Mintmark (schema ${version}, this one knows ${newest}): run that version, or restore a backup (nothing was changed)`,
    )
  }
}
