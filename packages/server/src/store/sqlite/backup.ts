import { existsSync, renameSync, rmSync } from 'node:fs'
import { backup } from 'node:sqlite'
import { StoreUnavailableError } from '../store.ts'
import { openConnection } from './connection.ts'

/**
 * Copies a database that may be in use to `target`, page by page (SQLite's backup API), and puts it in place only when
 * it is whole.
 * @param progress called with the pages copied and the pages in all
 */
export const backupTo = async (
  file: string,
  target: string,
  progress?: (done: number, total: number) => void,
): Promise<void> => {
  if (existsSync(target)) throw new StoreUnavailableError(`${target} exists already: choose another name`)
  const source = openConnection(file, { readOnly: true })
  const partial = `${target}.partial`
  try {
    await backup(source, partial, {
      rate: 500,
      progress: ({ totalPages, remainingPages }) => progress?.(totalPages - remainingPages, totalPages),
    })
    renameSync(partial, target)
  } finally {
    source.close()
    rmSync(partial, { force: true })
  }
}
