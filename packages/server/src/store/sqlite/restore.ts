import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { StoreOpenError } from '../store.ts'
import { openConnection } from './connection.ts'
import { reasonOf } from './inspect.ts'
import { lockFile } from './lock.ts'
import { checkSchema, schemaVersion } from './migrate.ts'
import { syncDirectory } from './sync-directory.ts'

const besides = ['', '-wal', '-shm', '-lock'] as const

/** Removes a database file with what lies beside it. */
export const removeStaged = (file: string): void => {
  for (const part of besides) rmSync(`${file}${part}`, { force: true })
}

const copyPart = (from: string, to: string): void => {
  copyFileSync(from, to)
  chmodSync(to, 0o600)
  const descriptor = openSync(to, 'r+')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Reads every page and compares every index with its table: thorough, and slower than the check at a start. */
const check = (file: string, named: string): void => {
  const connection = openConnection(file)
  try {
    checkSchema(connection, named)
    if (schemaVersion(connection) === 0) throw new StoreOpenError(`${named} holds no Mintmark database`)
    const found = String(connection.prepare('PRAGMA integrity_check(1)').get()?.integrity_check ?? 'no answer')
    if (found !== 'ok') throw new StoreOpenError(`${named} is damaged (${found.replaceAll(/\s+/g, ' ')})`)
    connection.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } finally {
    connection.close()
  }
}

/**
 * Copies a backup to a file of ours and checks the copy: the backup itself is only read.
 * @throws StoreOpenError when it is missing, damaged, newer than this version or not Mintmark's
 */
export const stageBackup = (source: string, staged: string): void => {
  if (!existsSync(source) || !statSync(source).isFile()) throw new StoreOpenError(`there is no backup ${source}`)
  removeStaged(staged)
  try {
    copyPart(source, staged)
    // A copy of a live database's files has the latest commits here.
    if (existsSync(`${source}-wal`)) copyPart(`${source}-wal`, `${staged}-wal`)
    check(staged, source)
    for (const part of ['-wal', '-shm']) rmSync(`${staged}${part}`, { force: true })
  } catch (cause) {
    removeStaged(staged)
    if (cause instanceof StoreOpenError) throw cause
    throw new StoreOpenError(`cannot restore ${source}: ${reasonOf(cause)} (nothing was changed)`, { cause })
  }
}

/**
 * Puts a backup in the place of a database that no process uses. What was there is moved aside, never deleted.
 * @param replace whether a database may be there
 * @param time names what is moved aside
 * @returns where the database that was there lies now, if one was
 * @throws StoreOpenError when the backup is damaged, newer than this version or not Mintmark's, when a server runs, or when
 * a database is there and must not be replaced; nothing is changed then
 */
export const restoreFrom = (
  file: string,
  source: string,
  { replace, time }: { readonly replace: boolean; readonly time: Date },
): string | undefined => {
  if (!existsSync(source) || !statSync(source).isFile()) throw new StoreOpenError(`there is no backup ${source}`)
  const lock = lockFile(file)
  try {
    const occupied = existsSync(file)
    if (occupied && realpathSync(source) === realpathSync(file)) {
      throw new StoreOpenError(`${source} is the database itself, not a backup of it`)
    }
    if (occupied && !replace && statSync(file).size > 0) {
      throw new StoreOpenError(`${file} exists already: --replace moves it aside`)
    }
    const staged = `${file}.restoring`
    stageBackup(source, staged)
    const aside = `${file}.before-restore-${time.toISOString().replaceAll(/[:.]/g, '-')}`
    rmSync(`${file}-shm`, { force: true })
    for (const part of ['', '-wal'] as const) {
      if (existsSync(`${file}${part}`)) renameSync(`${file}${part}`, `${aside}${part}`)
    }
    renameSync(staged, file)
    syncDirectory(dirname(file))
    if (!lock.initialized()) lock.markInitialized()
    return occupied ? aside : undefined
  } finally {
    lock.release()
  }
}
