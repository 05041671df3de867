import { setTimeout as delay } from 'node:timers/promises'
import { followAudit as followRows } from '../sql/audit.ts'
import type { Database } from '../sql/tables.ts'
import { followWorkspace } from '../sql/webhooks.ts'
import type { AuditStore, WebhookStore } from '../store.ts'
import type { Connections } from './connections.ts'

/** Pauses between two looks whether everything under way is done, in milliseconds; then what is settled has to do. */
const pauses: readonly number[] = [0, 5, 10, 20, 40, 80, 160]

/** Up to `sequence` every event is to be seen that ever will be, once no transaction before `transaction` runs any more. */
type Mark = { readonly sequence: number; readonly transaction: bigint }

/** Sequences that one call looks at; they have gaps, where a transaction was rolled back. */
const span = 20_000

/** Marks kept until they are settled: the newest ones, of callers that come often. */
const keptMarks = 100

/**
 * Following by sequence while several nodes append: an event draws its number before it is committed, so that a higher number
 * may be seen before a lower one, and who went on from the higher would never see the lower. Every transaction that appends
 * gets its own number before it draws from the sequence. So: read how far the sequence is, then take a transaction number; all
 * numbers up to there were drawn by transactions before that one, and when none of them runs any more, they are settled.
 * Nobody waits for a lock, and a transaction that hangs makes followers late, never wrong.
 */
export const createAuditFollower = (
  connections: Pick<Connections, 'query'>,
  database: Database,
): { readonly follow: AuditStore['follow']; readonly followWorkspace: WebhookStore['follow'] } => {
  let settled = 0
  let marks: Mark[] = []

  const takeMark = async (): Promise<Mark> => {
    const { rows: drawn } = await connections.query('SELECT last_value AS sequence FROM audit_sequence')
    // A statement of its own: its number must be taken after the sequence was read.
    const { rows } = await connections.query('SELECT pg_current_xact_id()::text AS transaction')
    return { sequence: drawn[0]?.sequence ?? 0, transaction: BigInt(rows[0]?.transaction ?? 0) }
  }

  const settle = async (): Promise<void> => {
    const { rows } = await connections.query('SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS oldest')
    const oldest = BigInt(rows[0]?.oldest ?? 0)
    for (const { sequence, transaction } of marks) {
      if (oldest >= transaction && sequence > settled) settled = sequence
    }
    marks = marks.filter(({ sequence }) => sequence > settled)
  }

  /** How far the log is settled now, or a little before that. */
  const settledNow = async (): Promise<number> => {
    const mark = await takeMark()
    marks = [...marks, mark].slice(-keptMarks)
    for (const pause of pauses) {
      if (pause > 0) await delay(pause)
      await settle()
      if (settled >= mark.sequence) break
    }
    return settled
  }

  return {
    follow: async (filter, after, limit) => {
      const until = await settledNow()
      // Said to the planner, which before its first statistics would sort all there is behind.
      const upper = Math.min(until, after + span)
      const found = await followRows(database, filter, after, limit, upper)
      return found.position === after && upper < until && upper > after ? { events: [], position: upper } : found
    },
    followWorkspace: async (workspace, after, limit) =>
      followWorkspace(database, workspace, after, limit, await settledNow()),
  }
}
