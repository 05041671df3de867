import type { DatabaseSync } from 'node:sqlite'
import { RolledBack } from '../sql/commits.ts'
import type { Write } from '../sql/tables.ts'
import { writes } from '../sql/writes.ts'
import { queryBuilder } from './dialect.ts'

type Run = (db: Write, ...args: readonly unknown[]) => Promise<unknown>

const runners = new WeakMap<DatabaseSync, (name: string, args: readonly unknown[]) => Promise<unknown>>()

/** Runs the writes both databases share, each in a transaction that holds the write lock from its start. */
export const createWriteRunner = (connection: DatabaseSync) => {
  const known = runners.get(connection)
  if (known !== undefined) return known
  const database = queryBuilder(connection)
  const runner = async (name: string, args: readonly unknown[]): Promise<unknown> => {
    const run = (writes as unknown as Record<string, Run>)[name]
    if (run === undefined) throw new Error(`no such write: ${name}`)
    connection.exec('BEGIN IMMEDIATE')
    try {
      const result = await run(database as unknown as Write, ...args)
      connection.exec('COMMIT')
      return result
    } catch (error) {
      if (connection.isTransaction) connection.exec('ROLLBACK')
      if (error instanceof RolledBack) return error.result
      throw error
    }
  }
  runners.set(connection, runner)
  return runner
}
