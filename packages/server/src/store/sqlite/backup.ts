import { closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { backup } from 'node:sqlite'
import { StoreUnavailableError } from '../store.ts'
import { openConnection } from './connection.ts'
import { reasonOf } from './inspect.ts'
import { findDamage } from './integrity.ts'
import { syncDirectory } from './sync-directory.ts'

/** Pages copied at a time, 4 KiB each: between two steps progress is told. */
const pagesAtATime = 500

const copy = async (
  file: string,
  target: string,
  progress: ((done: number, total: number) => void) | undefined,
): Promise<void> => {
  const source = openConnection(file, { readOnly: true })
  try {
    // The open transaction holds one state: writes of the server neither show nor make the copy start over.
    source.exec('BEGIN; SELECT count(*) FROM sqlite_schema')
    await backup(source, target, {
      rate: pagesAtATime,
      progress: ({ totalPages, remainingPages }) => progress?.(totalPages - remainingPages, totalPages),
    })
  } finally {
    source.close()
  }
}

/** Checks a copy, and makes it one file that needs no log beside it and can be read where nothing may be written. */
const complete = (file: string): void => {
  const connection = openConnection(file)
  try {
    const damage = findDamage(connection)
    if (damage !== undefined) throw new Error(`the database is damaged (${damage})`)
    connection.exec('PRAGMA journal_mode = DELETE')
  } finally {
    connection.close()
  }
}

/**
 * Makes a backup: a file (mode 0600) that appears when it is whole, checked and on disk.
 * @param fill writes the content to an empty file
 * @throws StoreUnavailableError when the target exists or cannot be written, or the content cannot be had
 */
export const writeBackup = async (target: string, fill: (file: string) => Promise<void>): Promise<void> => {
  if (existsSync(target)) throw new StoreUnavailableError(`${target} exists already: choose another name`)
  const partial = `${target}.${process.pid}.partial`
  try {
    closeSync(openSync(partial, 'wx', 0o600))
    await fill(partial)
    complete(partial)
    renameSync(partial, target)
    syncDirectory(dirname(target))
  } catch (cause) {
    throw new StoreUnavailableError(`cannot back up to ${target}: ${reasonOf(cause)}`, { cause })
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-lock']) rmSync(`${partial}${suffix}`, { force: true })
  }
}

/**
 * Copies a database that may be in use to a new file, page by page (SQLite's backup API), as it was when the copy began.
 * @param progress called with the pages copied and the pages in all
 * @throws StoreUnavailableError as `writeBackup`, and when the database is missing or damaged
 */
export const backupTo = async (
  file: string,
  target: string,
  progress?: (done: number, total: number) => void,
): Promise<void> => {
  if (!existsSync(file)) throw new StoreUnavailableError(`there is no database ${file}`)
  await writeBackup(target, (partial) => copy(file, partial, progress))
}
