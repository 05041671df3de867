import { existsSync, type Stats, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { StoreOpenError } from '../store.ts'
import { openConnection } from './connection.ts'
import { findDamage } from './integrity.ts'
import { checkSchema, schemaVersion } from './migrate.ts'

/** The smallest page there is, in bytes. */
const smallestFile = 512

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
 * @param checkLimit the size in bytes up to which the whole file is checked
 * @returns whether the file is new, and else its size in bytes
 * @throws StoreOpenError when it is missing though it was there, damaged, newer than this version, or not Mintmark's
 */
export const inspectFile = (
  file: string,
  initialized: boolean,
  checkLimit: number,
): { readonly isNew: boolean; readonly size: number } => {
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
  // SQLite takes a file too short for its header for an empty one, and would write over it.
  if (found.size < smallestFile) throw new StoreOpenError(damagedMessage(file, 'file is not a database'))
  let connection: DatabaseSync | undefined
  try {
    connection = openConnection(file, { readOnly: true })
    checkSchema(connection, file)
    const pageSize = Number(connection.prepare('PRAGMA page_size').get()?.page_size ?? 0)
    // A copy to the file that was interrupted leaves part of a page, and the log still holds the whole one.
    if (found.size % pageSize !== 0 && sizeOf(log) === 0) {
      throw new StoreOpenError(damagedMessage(file, 'its end is cut off'))
    }
    if (initialized && schemaVersion(connection) === 0) {
      throw new StoreOpenError(`the database ${file} is empty: restore a backup (nothing was changed)`)
    }
    const damage = found.size <= checkLimit ? findDamage(connection) : undefined
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
