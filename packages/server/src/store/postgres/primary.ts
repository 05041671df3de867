import { StoreUnavailableError } from '../store.ts'
import { type Connection, isRefusal } from './connections.ts'

/** Which PostgreSQL is at the other end of a connection. */
export type Server = {
  /** When it was started: the same for all of its connections, and no other's. */
  readonly started: string
  /** The database system; a primary and its standbys are one. Empty where a service does not tell. */
  readonly system: string
  /** Grows with each promotion; 0 where a service does not tell. */
  readonly timeline: number
}

type Query = Connection['query']
type Found = {
  readonly standby: boolean
  readonly started: string
  readonly waits: boolean
  readonly system?: string
  readonly file?: string | null
}

/** How the connections call themselves whose commit proves a primary. */
export const provingName = 'mintmark way'

/**
 * A primary whose synchronous standby is gone, or was promoted without it, answers everything but a commit. Whether a proof of
 * any node waits there: then another one would only wait beside it, and hold one more session.
 */
const common = `pg_is_in_recovery() AS standby, extract(epoch FROM pg_postmaster_start_time())::text AS started,
  EXISTS (SELECT FROM pg_stat_activity WHERE application_name = '${provingName}' AND wait_event = 'SyncRep'
          AND query_start < clock_timestamp() - interval '1 s') AS waits`
const told = `SELECT ${common}, (SELECT system_identifier::text FROM pg_control_system()) AS system,
  CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_walfile_name(pg_current_wal_lsn()) END AS file`

/**
 * Who notifies holds a lock of the whole PostgreSQL until its commit is done, also while that waits for a standby. How long others wait
 * for it at the most, in milliseconds: neither the limit of a statement nor our hanging up ends a wait within a commit.
 */
export const notifyPatience = 1200

/** A commit that waits for what every commit waits for, the disk and the synchronous standbys; a notification alone does not. */
export const committing = `set_config('lock_timeout', '${notifyPatience}', true), pg_logical_emit_message(true, 'mintmark', '')`

/** Knows which PostgreSQL may be believed: none that follows another, and none that was left behind by a promotion. */
export type Primaries = {
  /** Who is there. @throws StoreUnavailableError when it must not be believed */
  readonly examine: (query: Query) => Promise<Server & { readonly waits: boolean }>
}

export const createPrimaries = (): Primaries => {
  /** The newest timeline seen of each system. */
  const newest = new Map<string, number>()

  const ask = async (query: Query): Promise<Found> => {
    try {
      return (await query(told)).rows[0] as Found
    } catch (error) {
      // A service built of PostgreSQL may keep its log to itself; whether it is a standby all of them tell.
      if (!isRefusal(error)) throw error
      return (await query(`SELECT ${common}`)).rows[0] as Found
    }
  }
  return {
    examine: async (query) => {
      const { standby, started, waits, system = '', file } = await ask(query)
      if (standby) throw new StoreUnavailableError('the database is a standby')
      const timeline = Number.parseInt(file?.slice(0, 8) || '0', 16)
      const known = newest.get(system) ?? 0
      if (timeline < known) {
        throw new StoreUnavailableError(
          `the database was left behind: its timeline is ${timeline}, and ${known} was seen`,
        )
      }
      newest.set(system, timeline)
      return { started, system, timeline, waits }
    },
  }
}
