import { closeSync, existsSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { DatabaseSync as Connection } from 'node:sqlite'
import { makePrivateDirectory } from '../../lib/private-file.ts'
import { StoreHeldError, StoreOpenError } from '../store.ts'
import { reasonOf } from './inspect.ts'

/** Holds the right to write a database file; the operating system takes it back when the process dies, however it dies. */
export type FileLock = {
  /** Whether a database was made here before, so that a missing one is a loss and not a first start. */
  readonly initialized: () => boolean
  readonly markInitialized: () => void
  readonly release: () => void
}

const hold = (connection: DatabaseSync): void => {
  connection.exec('PRAGMA locking_mode = EXCLUSIVE')
  connection.exec('BEGIN EXCLUSIVE')
}

/**
 * Takes the lock of a database file: an exclusive SQLite transaction on the small file beside it. The directory is made
 * where it is missing.
 * @throws StoreHeldError when another process holds it, StoreOpenError when there can be no directory
 */
export const lockFile = (file: string): FileLock => {
  const path = `${file}-lock`
  let connection: DatabaseSync
  try {
    makePrivateDirectory(dirname(file))
  } catch (cause) {
    throw new StoreOpenError(`cannot make the data directory ${dirname(file)}: ${reasonOf(cause)}`, { cause })
  }
  try {
    // Whoever may read it could lock it, too. Never opened where it exists: closing it would give this process's lock away.
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
    connection = new Connection(path, { timeout: 0 })
  } catch (cause) {
    throw new StoreOpenError(`cannot open ${path}: is the data directory writable?`, { cause })
  }
  try {
    hold(connection)
  } catch (cause) {
    connection.close()
    const locked = cause instanceof Error && /locked|busy/i.test(cause.message)
    if (locked) {
      throw new StoreHeldError(
        `another mintmark process uses ${file}: stop it first, or choose another data directory`,
        { cause },
      )
    }
    throw new StoreOpenError(`cannot lock ${path}: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
  return {
    initialized: () => Number(connection.prepare('PRAGMA user_version').get()?.user_version ?? 0) > 0,
    markInitialized: () => {
      connection.exec('PRAGMA user_version = 1')
      connection.exec('COMMIT')
      hold(connection)
    },
    release: () => connection.close(),
  }
}
