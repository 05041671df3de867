import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type PostgresServer, startPostgres } from '../../../packages/server/test/postgres/postgres-server.ts'

/** What a database has done and holds so far. */
export type DatabaseUsage = {
  /** CPU time of all its processes, ended ones included, in microseconds; exact to 10,000 for each of them. */
  readonly cpuMicros: number
  /** Bytes of its write-ahead log so far: what a standby is sent. */
  readonly walBytes: number
  /** Committed transactions. */
  readonly commits: number
  /** Bytes of its tables and indexes. */
  readonly storedBytes: number
}

/** A PostgreSQL for one contender alone, which makes durable what it acknowledges. */
export type BenchDatabase = {
  readonly url: string
  readonly usage: () => Promise<DatabaseUsage>
  readonly query: (text: string, values?: readonly unknown[]) => Promise<void>
  readonly read: (text: string, values?: readonly unknown[]) => Promise<readonly Readonly<Record<string, unknown>>[]>
  readonly stop: () => Promise<void>
}

/** Clock ticks a second in `/proc`; see `process-usage.ts`. */
const microsPerTick = 10_000

const statOf = (pid: string): readonly string[] => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    // It ended just now; its parent has its time.
    return []
  }
}

/** The server's own time, that of its children that ended, and that of its children. */
const cpuMicrosOf = (parent: string): number => {
  const sum = (fields: readonly string[], from: number, to: number): number =>
    fields.slice(from, to).reduce((total, field) => total + Number(field), 0)
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(statOf)
    .filter((fields) => fields[1] === parent)
  const ticks = sum(statOf(parent), 11, 15) + children.reduce((total, fields) => total + sum(fields, 11, 13), 0)
  return ticks * microsPerTick
}

const usageQuery = `SELECT (pg_current_wal_insert_lsn() - '0/0')::float8 AS wal, pg_database_size(current_database())::float8 AS stored,
  (SELECT xact_commit::float8 FROM pg_stat_database WHERE datname = current_database()) AS commits`

/** What a database of this size would be given; all else as PostgreSQL comes, `fsync` and `synchronous_commit` above all. */
const settings = { shared_buffers: '512MB', max_wal_size: '4GB', autovacuum: 'on' }

/** @throws where this machine has no PostgreSQL */
export const startBenchDatabase = async (): Promise<BenchDatabase> => {
  const server: PostgresServer = await startPostgres({ durable: true, settings })
  try {
    const { name, url } = await server.createDatabase()
    const [pid = ''] = readFileSync(join(server.directory, 'postmaster.pid'), 'utf8').split('\n')
    return {
      url,
      usage: async () => {
        const { rows } = await server.query(name, usageQuery)
        const [{ wal, stored, commits }] = rows as [{ wal: number; stored: number; commits: number }]
        return { cpuMicros: cpuMicrosOf(pid), walBytes: wal, storedBytes: stored, commits }
      },
      query: async (text, values) => void (await server.query(name, text, values)),
      read: async (text, values) => (await server.query(name, text, values)).rows,
      stop: server.close,
    }
  } catch (error) {
    await server.close()
    throw error
  }
}
