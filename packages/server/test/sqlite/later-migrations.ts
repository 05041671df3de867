import type { Migration } from '../../src/store/migrations.ts'
import { migrations } from '../../src/store/sqlite/migrate.ts'

/** Our own migrations and two of later versions; `die` stands where a process may be killed within one. */
export const laterMigrations = (die: string): readonly Migration[] => {
  const own = migrations()
  const next = (own.at(-1)?.number ?? 0) + 1
  return [
    ...own,
    {
      number: next,
      name: `${next}-added.sql`,
      sql: () =>
        `CREATE TABLE added (x TEXT); ${die} INSERT INTO added VALUES ('one'); INSERT INTO added VALUES ('two');`,
    },
    { number: next + 1, name: `${next + 1}-changed.sql`, sql: () => `${die} ALTER TABLE added ADD COLUMN y TEXT;` },
  ]
}
