import { type Connection, type Connections, commit, isRefusal } from './connections.ts'
import { slotCount } from './slots.ts'

/** A table that is emptied slot by slot. */
export type SlottedTable = {
  readonly table: 'audit_event' | 'used_value'
  /** The column with the time, in milliseconds, that a row belongs to a slot by. */
  readonly time: 'time' | 'expires'
  /** How much time a slot holds, in milliseconds. */
  readonly width: number
}

/** `lock_not_available`: somebody reads the slot that is to be emptied. The next run tries again. */
const lockNotAvailable = '55P03'

const inTransaction = async <T>(
  connections: Pick<Connections, 'acquire'>,
  run: (connection: Connection) => Promise<T>,
): Promise<T> => {
  const connection = await connections.acquire()
  try {
    // The index on the time knows in a moment what a look at every row would take minutes for.
    await connection.query("BEGIN; SET LOCAL lock_timeout = '200ms'; SET LOCAL enable_seqscan = off")
    try {
      const result = await run(connection)
      await commit(connection.query)
      return result
    } catch (error) {
      await connection.query('ROLLBACK')
      throw error
    }
  } finally {
    connection.release()
  }
}

/** Slots that hold something that is over. */
const slotsToPurge = async (
  connections: Pick<Connections, 'acquire'>,
  { table, time }: SlottedTable,
  before: number,
): Promise<readonly number[]> =>
  inTransaction(connections, async ({ query }) => {
    const questions = Array.from(
      { length: slotCount },
      (_, slot) => `SELECT ${slot} AS slot WHERE EXISTS (SELECT FROM ${table}_${slot} WHERE ${time} < $1)`,
    )
    const { rows } = await query(questions.join(' UNION ALL '), [before])
    return rows.map((row: { slot: number }) => row.slot)
  })

/**
 * Empties a slot. Nobody writes to it then, so nobody on the token path waits for its lock; readers of the log are waited
 * for a moment only. What does not belong in it, dated later by a clock that ran ahead, stays: then the rest goes row by row.
 * @returns about how many rows went
 */
const purgeSlot = async (
  connections: Pick<Connections, 'acquire'>,
  { table, time }: SlottedTable,
  slot: number,
  before: number,
  limit: number,
): Promise<number> => {
  const name = `${table}_${slot}`
  return inTransaction(connections, async ({ query }) => {
    await query(`LOCK TABLE ONLY ${name} IN ACCESS EXCLUSIVE MODE`)
    const { rows } = await query(
      `SELECT EXISTS (SELECT FROM ${name} WHERE ${time} >= $1) AS lives,
              greatest((SELECT count(*) FROM (SELECT FROM ${name} LIMIT $2) AS few),
                       (SELECT reltuples::bigint FROM pg_class WHERE oid = '${name}'::regclass)) AS rows`,
      [before, limit],
    )
    const [found] = rows as [{ readonly lives: boolean; readonly rows: number }]
    if (!found.lives) {
      await query(`TRUNCATE ONLY ${name}`)
      return found.rows
    }
    const deleted = await query(
      `DELETE FROM ${name} WHERE ctid IN (SELECT ctid FROM ${name} WHERE ${time} < $1 LIMIT $2)`,
      [before, limit],
    )
    return deleted.rowCount ?? 0
  })
}

/**
 * Forgets what is older than `before` among the slots whose time is over altogether, until about `limit` rows went.
 * @returns about how many went
 */
export const purgeSlots = async (
  connections: Pick<Connections, 'acquire'>,
  slotted: SlottedTable,
  before: number,
  limit: number,
): Promise<number> => {
  const whole = Math.floor(before / slotted.width) * slotted.width
  let purged = 0
  for (const slot of await slotsToPurge(connections, slotted, whole)) {
    if (purged >= limit) break
    try {
      purged += await purgeSlot(connections, slotted, slot, whole, limit - purged)
    } catch (error) {
      if (!(isRefusal(error) && error.code === lockNotAvailable)) throw error
    }
  }
  return purged
}
