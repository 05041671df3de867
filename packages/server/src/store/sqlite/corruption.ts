/** SQLite's codes for a file that is damaged or no database at all (`SQLITE_CORRUPT`, `SQLITE_NOTADB`). */
const damageCodes: ReadonlySet<number> = new Set([11, 26])

/** Whether an error of SQLite says that the database is damaged, rather than busy, full or out of reach. */
export const isDamage = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && damageCodes.has(Number(error.errcode) & 0xff)
