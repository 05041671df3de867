import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { backup } from 'node:sqlite'
import { StoreUnavailableError } from '../store.ts'
import { openConnection } from './connection.ts'
import { reasonOf } from './inspect.ts'

/** Pages copied at a time, 4 KiB each: between two steps progress is told. */
const pagesAtATime = 500

const syncDirectory = (directory: string): void => {
  const descriptor = openSync(directory, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Copies a database that may be in use to a new file, page by page (SQLite's backup API), as it was when the copy began: a
 * read transaction holds that state, so that writes of the server neither show nor make the copy start over. The file
 * (mode 0600) appears when it is whole and on disk.
 * @param progress called with the pages copied and the pages in all
 * @throws StoreUnavailableError when the target exists or cannot be written
 */
export const backupTo = async (
  file: string,
  target: string,
  progress?: (done: number, total: number) => void,
): Promise<void> => {
  if (existsSync(target)) throw new StoreUnavailableError(`${target} exists already: choose another name`)
  const partial = `${target}.${process.pid}.partial`
  try {
    closeSync(openSync(partial, 'wx', 0o600))
    const source = openConnection(file, { readOnly: true })
    try {
      source.exec('BEGIN; SELECT count(*) FROM sqlite_schema')
      await backup(source, partial, {
        rate: pagesAtATime,
        progress: ({ totalPages, remainingPages }) => progress?.(totalPages - remainingPages, totalPages),
      })
    } finally {
      source.close()
    }
    renameSync(partial, target)
    syncDirectory(dirname(target))
  } catch (cause) {
    throw new StoreUnavailableError(`cannot back up to ${target}: ${reasonOf(cause)}`, { cause })
  } finally {
    rmSync(partial, { force: true })
  }
}
