import type { CopyEnd } from './copy/copy-end.ts'
import { copyStore, type Progress } from './copy/copy-store.ts'
import { openPostgresEnd } from './postgres/copy-end.ts'
import { writeBackup } from './sqlite/backup.ts'
import { openSqliteSource, openSqliteTarget } from './sqlite/copy-end.ts'
import { migrateFile } from './sqlite/open.ts'
import { removeStaged, stageBackup } from './sqlite/restore.ts'
import type { PostgresOptions } from './store.ts'

const between = async (
  source: CopyEnd,
  openTarget: () => CopyEnd | Promise<CopyEnd>,
  progress: Progress | undefined,
): Promise<void> => {
  try {
    const target = await openTarget()
    try {
      await copyStore(source, target, progress)
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

/**
 * Copies a PostgreSQL store as it is at one moment to a new SQLite file, which is a store of its own, while nodes go on.
 * @throws StoreOpenError, StoreUnavailableError
 */
export const backupPostgres = async (
  url: string,
  target: string,
  options: PostgresOptions | undefined,
  progress: Progress | undefined,
): Promise<void> =>
  writeBackup(target, async (file) =>
    between(await openPostgresEnd(url, 'snapshot', options), () => openSqliteTarget(file), progress),
  )

/**
 * Copies a backup to an empty PostgreSQL database.
 * @param staged a file of ours, for the time of the restore
 * @throws StoreOpenError, StoreUnavailableError
 */
export const restorePostgres = async (
  url: string,
  source: string,
  staged: string,
  options: PostgresOptions | undefined,
  progress: Progress | undefined,
): Promise<void> => {
  try {
    stageBackup(source, staged)
    migrateFile(staged)
    await between(openSqliteSource(staged), () => openPostgresEnd(url, 'target', options), progress)
  } finally {
    removeStaged(staged)
  }
}
