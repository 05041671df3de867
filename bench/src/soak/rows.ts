import { statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { SeededData } from '../contenders/mintmark.ts'

/** What a database holds. */
export type Contents = {
  /** Of its files, without the write-ahead log. */
  readonly bytes: number
  /** By table. Audit events are not counted: there are too many to count them often. */
  readonly rows: Readonly<Record<string, number>>
  /** Sessions of a PostgreSQL. */
  readonly sessions: number
}

export type Counting = { readonly count: () => Promise<Contents>; readonly close: () => void }

const audit = 'audit_event'

const countAll = (tables: readonly string[]): string =>
  tables.map((table) => `SELECT '${table}' AS name, (SELECT count(*) FROM ${table}) AS rows`).join(' UNION ALL ')

type Row = { readonly name: string; readonly rows: number | bigint | string }

const byName = (rows: readonly Row[]): Contents['rows'] =>
  Object.fromEntries(rows.map(({ name, rows }) => [name, Number(rows)]))

const ofFile = (file: string): Counting => {
  const connection = new DatabaseSync(file, { readOnly: true })
  const tables = connection
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> ?")
    .all(audit)
    .map(({ name }) => String(name))
  const all = connection.prepare(countAll(tables))
  return {
    count: async () => ({
      bytes: statSync(file).size,
      rows: byName(all.all() as unknown as readonly Row[]),
      sessions: 0,
    }),
    close: () => connection.close(),
  }
}

const ofDatabase = (read: NonNullable<SeededData['database']>['read']): Counting => ({
  count: async () => {
    const tables = await read(
      `SELECT relname AS name FROM pg_class
        WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace AND relname <> $1`,
      [audit],
    )
    const counted = await read(countAll(tables.map(({ name }) => String(name))))
    const [found] = await read(
      `SELECT pg_database_size(current_database())::float8 AS bytes,
              (SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid())::int AS sessions`,
    )
    return {
      bytes: Number(found?.bytes),
      rows: byName(counted as unknown as readonly Row[]),
      sessions: Number(found?.sessions),
    }
  },
  close: () => {},
})

/** Counts the rows of a server's database from beside it. */
export const countingIn = ({ database, directory }: SeededData): Counting =>
  database === undefined ? ofFile(join(directory, 'mintmark.sqlite')) : ofDatabase(database.read)
