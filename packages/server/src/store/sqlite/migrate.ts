import type { DatabaseSync } from 'node:sqlite'
import { type Migration, readMigrations, refuseNewer } from '../migrations.ts'
import { StoreOpenError } from '../store.ts'

/** Marks a file as Mintmark's, in the SQLite header ("mint"). */
const applicationId = 0x6d_69_6e_74

/** From the package's root: the published JavaScript lies beside the sources, the SQL only among them. */
const directory = new URL('../../../src/store/sqlite/migrations/', import.meta.url)

/** The migrations this version knows, `0001-foundation.sql` first. */
export const migrations = (): readonly Migration[] => readMigrations(directory)

/** @returns the value of a pragma that is a whole number */
const pragma = (connection: DatabaseSync, name: string): number =>
  Number(connection.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0)

/** The number of the last migration applied to a database; 0 for a new one. */
export const schemaVersion = (connection: DatabaseSync): number => pragma(connection, 'user_version')

/**
 * Reads whose database this is and of which version, and changes nothing.
 * @throws StoreOpenError when it is newer than this version, or not Mintmark's
 */
export const checkSchema = (connection: DatabaseSync, file: string, known = migrations()): void => {
  const version = schemaVersion(connection)
  const tables = Number(connection.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.count ?? 0)
  const ours = pragma(connection, 'application_id') === applicationId
  if (!ours && (version > 0 || tables > 0)) {
    throw new StoreOpenError(`${file} is not a Mintmark database (nothing was changed)`)
  }
  refuseNewer(file, version, known)
}

/**
 * Brings a database to this version's schema, each migration in a transaction of its own that holds the write lock, so that
 * it may be interrupted at any point and goes on from there.
 * @returns the names of the migrations applied
 * @throws StoreOpenError as `checkSchema`
 */
export const migrate = (connection: DatabaseSync, file: string, known = migrations()): readonly string[] => {
  const applied: string[] = []
  for (;;) {
    connection.exec('BEGIN IMMEDIATE')
    try {
      checkSchema(connection, file, known)
      const version = schemaVersion(connection)
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
