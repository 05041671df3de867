import { StoreOpenError } from '../store.ts'

/**
 * Refuses an SQLite whose write-ahead log can damage a database when two connections checkpoint and reset it at once:
 * fixed in 3.51.3, absent from 3.52.0 (https://sqlite.org/wal.html#walresetbug).
 * @throws StoreOpenError
 */
export const checkEngineVersion = (version: string): void => {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  const number = major * 1_000_000 + minor * 1000 + patch
  if (!(number >= 3_051_003) || number === 3_052_000) {
    throw new StoreOpenError(
      `SQLite ${version || 'of unknown version'} is built into this Node and can lose data: 3.51.3 or newer is needed, not 3.52.0 (use another Node)`,
    )
  }
}
