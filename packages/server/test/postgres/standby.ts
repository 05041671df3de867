import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../until.ts'
import { copyRunning, own } from './point-in-time.ts'
import { type PostgresServer, startPostgres } from './postgres-server.ts'

/** A PostgreSQL that follows another one, and can take its place. */
export type Standby = PostgresServer & {
  /** Makes it a primary, with a timeline of its own; resolves when it takes writes. */
  readonly promote: () => Promise<void>
}

/** Changes a setting of a PostgreSQL that runs, as an administrator does. */
export const alterSystem = async (postgres: PostgresServer, name: string, value: string): Promise<void> => {
  await postgres.query('postgres', `ALTER SYSTEM SET ${name} = '${value}'`)
  postgres.signal('SIGHUP')
  await until(`${name} is ${value}`, async () => {
    const { rows } = await postgres.query('postgres', 'SELECT current_setting($1) = $2 AS done', [name, value])
    return rows[0]?.done === true
  })
}

/**
 * Starts a standby of a running PostgreSQL by streaming replication, and waits until it follows.
 * @param name what it is called in `synchronous_standby_names`
 */
export const startStandby = async (
  primary: PostgresServer,
  {
    name = 'standby',
    durable = false,
    settings = {},
  }: {
    readonly name?: string
    readonly durable?: boolean
    /** `max_connections` and the like must be no less than those of the primary. */
    readonly settings?: Readonly<Record<string, string>>
  } = {},
): Promise<Standby> => {
  await primary.query('postgres', 'SELECT pg_create_physical_replication_slot($1, true)', [name])
  const connection = `host=127.0.0.1 port=${primary.port} user=postgres application_name=${name}`
  const server = await startPostgres({
    durable,
    settings: { ...settings, primary_conninfo: connection, primary_slot_name: name },
    fill: async (directory) => {
      await copyRunning(primary, directory)
      writeFileSync(join(directory, 'standby.signal'), '')
      own(directory)
    },
  })
  await until('the standby follows', async () => {
    const { rows } = await primary.query(
      'postgres',
      'SELECT state FROM pg_stat_replication WHERE application_name = $1',
      [name],
    )
    return rows[0]?.state === 'streaming'
  })
  return {
    ...server,
    promote: async () => {
      await server.query('postgres', 'SELECT pg_promote(true, 30)')
      await until('the standby is a primary', async () => {
        const { rows } = await server.query('postgres', 'SELECT pg_is_in_recovery() AS recovering')
        return rows[0]?.recovering === false
      })
    },
  }
}
