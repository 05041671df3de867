import { readdirSync, readFileSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { StoreOpenError } from '../store.ts'

/** Marks a file as Mintmark's, in the SQLite header ("mint"). */
const applicationId = 0x6d_69_6e_74

const directory = new URL('./migrations/', import.meta.url)

type Migration = { readonly number: number; readonly name: string; readonly sql: () => string }

/** The migrations this version knows, `0001-foundation.sql` first. */
export const migrations = (): readonly Migration[] =>
  readdirSync(directory)
    .filter((name) => /^\d{4}-.*\.sql$/.test(name))
    .sort()
    .map((name) => ({
      number: Number(name.slice(0, 4)),
      name,
      sql: () => readFileSync(new URL(name, directory), 'utf8'),
    }))

const pragma = (connection: DatabaseSync, name: string): number =>
  Number(connection.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0)

/** The number of the last migration applied to a database; 0 for a new one. */
export const schemaVersion = (connection: DatabaseSync): number => pragma(connection, 'user_version')

/**
 * Brings a database to this version's schema, each migration in a transaction of its own that holds the write lock.
 * @returns the names of the migrations applied
 * @throws StoreOpenError when the database is newer than this version, or not Mintmark's
 */
export const migrate = (connection: DatabaseSync, file: string): readonly string[] => {
  const known = migrations()
  const newest = known.at(-1)?.number ?? 0
  const applied: string[] = []
  for (;;) {
    connection.exec('BEGIN IMMEDIATE')
    try {
      const version = schemaVersion(connection)
      const owner = pragma(connection, 'application_id')
      if (version > 0 && owner !== applicationId) throw new StoreOpenError(`${file} is not a Mintmark database`)
      if (version > newest) {
        throw new StoreOpenError(
          `${file} was written by a newer Mintmark (schema ${version}, this one knows ${newest}): run that version or restore a backup`,
        )
      }
      const next = known.find(({ number }) => number > version)
      if (next === undefined) {
        connection.exec('ROLLBACK')
        return applied
      }
      connection.exec(next.sql())
      connection.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${next.number}`)
      connection.exec('COMMIT')
      applied.push(next.name)
    } catch (error) {
      if (connection.isTransaction) connection.exec('ROLLBACK')
      throw error
    }
  }
}
