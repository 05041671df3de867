import { RolledBack } from '../sql/commits.ts'
import type { Write } from '../sql/tables.ts'
import { type WriteArguments, type WriteName, type WriteResult, writes } from '../sql/writes.ts'
import { type Connection, type Connections, commit, isRefusal } from './connections.ts'
import { queryBuilderOver } from './dialect.ts'
import { locksOf, rowsHeldBy } from './write-locks.ts'

type Run = (db: Write, ...args: readonly unknown[]) => Promise<unknown>

export type RunWrite = <N extends WriteName>(name: N, ...args: WriteArguments<N>) => Promise<WriteResult<N>>

/** What a write has to tell every node: heard by all when it is committed, by nobody when it is rolled back. */
type NewsOf = (name: WriteName, args: readonly unknown[], result: unknown) => readonly string[]

/** Times a write is tried that another one got in the way of (`serialization_failure`, `deadlock_detected`). */
const attempts = 5
const inTheWay: readonly string[] = ['40001', '40P01']

const isInTheWay = (error: unknown): boolean => isRefusal(error) && inTheWay.includes(error.code ?? '')

/**
 * Begins a transaction that has its number before it draws any from a sequence (who follows the audit log relies on it), and
 * holds the locks until it ends.
 */
const begin = async (connection: Connection, locks: readonly string[]): Promise<void> => {
  await connection.query('BEGIN')
  await connection.query(
    `SELECT pg_current_xact_id(), (SELECT count(pg_advisory_xact_lock(hashtextextended(name, 0)))
       FROM unnest($1::text[]) AS name)`,
    [locks],
  )
}

/**
 * Who notifies waits in its commit for others who do; neither a limit of the statement nor our hanging up ends that wait. As long, in
 * milliseconds, as the server takes for a statement.
 */
const notifyPatience = 2700

const tell = async (connection: Connection, payloads: readonly string[]): Promise<void> => {
  if (payloads.length === 0) return
  await connection.query(
    `SELECT set_config('lock_timeout', '${notifyPatience}', true), count(pg_notify('mintmark_' || current_schema(), payload))
     FROM unnest($1::text[]) AS payload`,
    [payloads],
  )
}

/** Runs the writes both databases share, each in a transaction of its own. */
export const createWriteRunner = (connections: Connections, newsOf: NewsOf): RunWrite => {
  const once = async (
    name: WriteName,
    args: readonly unknown[],
    locks: readonly string[],
    held: ReturnType<typeof rowsHeldBy>,
  ): Promise<unknown> => {
    const connection = await connections.acquire()
    try {
      let result: unknown
      try {
        // A lock that is waited for in vain leaves a transaction behind as well.
        await begin(connection, locks)
        if (held !== undefined) await connection.query(held.text, [...held.values])
        result = await (writes[name] as Run)(queryBuilderOver(connection) as Write, ...args)
        await tell(connection, newsOf(name, args, result))
      } catch (error) {
        await connection.query('ROLLBACK')
        if (error instanceof RolledBack) return error.result
        throw error
      }
      await commit(connection.query)
      return result
    } finally {
      connection.release()
    }
  }
  return async (name, ...args) => {
    const locks = locksOf(name, args)
    const held = rowsHeldBy(name, args)
    for (let attempt = 1; ; attempt += 1) {
      try {
        return (await once(name, args, locks, held)) as WriteResult<typeof name>
      } catch (error) {
        if (attempt === attempts || !isInTheWay(error)) throw error
      }
    }
  }
}
