import { existsSync, type Stats, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { StoreOpenError } from '../store.ts'
import { openConnection } from './connection.ts'
import { findDamage } from './integrity.ts'
import { checkSchema, schemaVersion } from './migrate.ts'

/** Files up to this size, in bytes, are checked whole before the start goes on; larger ones while the server works. */
export const startCheckLimit = 33_554_432

const sizeOf = (path: string): number => (existsSync(path) ? statSync(path).size : 0)

const read = (file: string): Stats | undefined => {
  try {
    return statSync(file, { throwIfNoEntry: false })
  } catch (cause) {
    throw new StoreOpenError(`cannot read ${file}: ${reasonOf(cause)}`, { cause })
  }
}

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/**
 * Looks at a database file before anything is written to it or beside it.
 * @param initialized whether a database was made here before
 * @returns whether the file is new, and else its size in bytes
 * @throws StoreOpenError when it is missing though it was there, damaged, newer than this version, or not Mintmark's
 */
export const inspectFile = (file: string, initialized: boolean): { readonly isNew: boolean; readonly size: number } => {
  const log = `${file}-wal`
  const found = read(file)
  if (found === undefined) {
    if (initialized) {
      throw new StoreOpenError(`the database ${file} is gone: restore a backup, or remove its directory to begin anew`)
    }
    if (sizeOf(log) > 0) throw new StoreOpenError(`${log} is there and its database ${file} is gone: restore a backup`)
    return { isNew: true, size: 0 }
  }
  if (!found.isFile()) throw new StoreOpenError(`${file} is not a file: remove it, or name another database`)
  if (found.size === 0) {
    if (initialized || sizeOf(log) > 0) {
      throw new StoreOpenError(`the database ${file} is empty: restore a backup (nothing was changed)`)
    }
    return { isNew: true, size: 0 }
  }
  let connection: DatabaseSync | undefined
  try {
    connection = openConnection(file, { readOnly: true })
    checkSchema(connection, file)
    if (initialized && schemaVersion(connection) === 0) {
      throw new StoreOpenError(`the database ${file} is empty: restore a backup (nothing was changed)`)
    }
    const damage = found.size <= startCheckLimit ? findDamage(connection) : undefined
    if (damage !== undefined) throw new StoreOpenError(damagedMessage(file, damage))
    return { isNew: false, size: found.size }
  } catch (cause) {
    if (cause instanceof StoreOpenError) throw cause
    throw new StoreOpenError(damagedMessage(file, reasonOf(cause)), { cause })
  } finally {
    connection?.close()
  }
}

const damagedMessage = (file: string, reason: string): string =>
  `the database ${file} cannot be used (${reason}): restore a backup (nothing was changed)`
