import pg from 'pg'
import { type Migration, readMigrations, refuseNewer } from '../migrations.ts'
import { StoreOpenError } from '../store.ts'
import type { Address } from './address.ts'
import { clientConfig, commit, isRefusal } from './connections.ts'
import { openFailure } from './open-failure.ts'

/** From the package's root: the published JavaScript lies beside the sources, the SQL only among them. */
const directory = new URL('../../../src/store/postgres/migrations/', import.meta.url)

/** The migrations this version knows, `0001-foundation.sql` first. */
export const migrations = (): readonly Migration[] => readMigrations(directory)

/** Taken by whoever migrates ("mint" and "migr"): nodes that start together do not migrate at once. */
const lock = 'SELECT pg_advisory_xact_lock(1835626100, 1835623282)'

const oldestServer = 150_000

type Found = { readonly version: number; readonly tables: number }

const inspect = async (client: pg.Client): Promise<Found> => {
  const { rows } = await client.query(
    `SELECT to_regclass('schema_migration') IS NOT NULL AS ours,
            (SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace) AS tables`,
  )
  const [{ ours, tables }] = rows as [{ ours: boolean; tables: number }]
  if (!ours) return { version: 0, tables }
  const newest = await client.query('SELECT coalesce(max(number), 0) AS version FROM schema_migration')
  return { version: newest.rows[0]?.version ?? 0, tables }
}

const check = ({ version, tables }: Found, place: string, known: readonly Migration[]): void => {
  if (version === 0 && tables > 0) {
    throw new StoreOpenError(
      `${place} has tables that are not Mintmark's (nothing was changed): use a database or schema of its own`,
    )
  }
  refuseNewer(place, version, known)
}

/** Other encodings know fewer characters than names may have. */
const checkEncoding = async (client: pg.Client, place: string): Promise<void> => {
  const encoding: unknown = (await client.query('SHOW server_encoding')).rows[0]?.server_encoding
  if (encoding !== 'UTF8') {
    throw new StoreOpenError(
      `${place} is encoded as ${encoding} (nothing was changed): make one with createdb --encoding UTF8 --template template0`,
    )
  }
}

const step = async (client: pg.Client, place: string, known: readonly Migration[]): Promise<string | undefined> => {
  await client.query('BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0')
  try {
    await client.query(lock)
    const found = await inspect(client)
    check(found, place, known)
    const next = known.find(({ number }) => number > found.version)
    if (next !== undefined) {
      if (found.version === 0) {
        await checkEncoding(client, place)
        await client.query(
          'CREATE TABLE schema_migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied TIMESTAMPTZ NOT NULL DEFAULT now())',
        )
      }
      await client.query(next.sql())
      await client.query('INSERT INTO schema_migration (number, name) VALUES ($1, $2)', [next.number, next.name])
    }
    await commit((text) => client.query(text))
    return next?.name
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw error
  }
}

/** PostgreSQL's code for what a user has no right to. */
export const insufficientPrivilege = '42501'

const explain = (error: unknown, place: string, address: Address): StoreOpenError => {
  if (isRefusal(error) && error.code === insufficientPrivilege) {
    return new StoreOpenError(
      `${place} needs to be migrated, and ${address.user} may not: run mintmark migrate as the user who owns its tables (${error.message})`,
    )
  }
  return openFailure(error, place, address)
}

/**
 * Brings a database to this version's schema, each migration in a transaction of its own, one node at a time. A database
 * that is up to date is only read.
 * @param place the database for people
 * @returns the names of the migrations applied
 * @throws StoreOpenError when it cannot be reached, is newer than this version, not Mintmark's, or not ours to change
 */
export const migrateDatabase = async (
  address: Address,
  place: string,
  known = migrations(),
): Promise<readonly string[]> => {
  // What it waits for is another node that migrates, and that may take its time.
  const { query_timeout: _, ...config } = clientConfig(address, false)
  const client = new pg.Client(config)
  client.on('error', () => {})
  const applied: string[] = []
  try {
    await client.connect()
    const server = Number((await client.query('SHOW server_version_num')).rows[0]?.server_version_num)
    if (server < oldestServer)
      throw new StoreOpenError(`${place} is of PostgreSQL ${Math.floor(server / 10_000)}: 15 or newer is needed`)
    const found = await inspect(client)
    check(found, place, known)
    if (found.version === (known.at(-1)?.number ?? 0)) return applied
    for (let name = await step(client, place, known); name !== undefined; name = await step(client, place, known)) {
      applied.push(name)
    }
    return applied
  } catch (error) {
    throw explain(error, place, address)
  } finally {
    await client.end().catch(() => {})
  }
}
