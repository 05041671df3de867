import { DatabaseSync } from 'node:sqlite'

/** How long a connection waits for another's lock before it gives up, in milliseconds. */
const busyTimeout = 2000

/** What the write-ahead log is cut back to after a checkpoint, in bytes: a backup or a long read may let it grow beyond. */
const journalSizeLimit = 67_108_864

/**
 * Opens a connection with the settings that acknowledged writes rely on: WAL with full synchronisation (a commit is on
 * disk before it returns), foreign keys, no memory map (a failing disk must give an error, not a signal).
 */
export const openConnection = (file: string, { readOnly = false } = {}): DatabaseSync => {
  const connection = new DatabaseSync(file, { readOnly, timeout: busyTimeout, enableForeignKeyConstraints: true })
  try {
    if (!readOnly) connection.exec('PRAGMA journal_mode = WAL')
    connection.exec('PRAGMA synchronous = FULL; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY')
    connection.exec(`PRAGMA journal_size_limit = ${journalSizeLimit}`)
    return connection
  } catch (error) {
    connection.close()
    throw error
  }
}
