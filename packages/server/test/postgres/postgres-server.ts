/**
 * A real PostgreSQL for tests. One server for a test process, made on first need, and a database of its own for each test:
 *
 *     const { url, drop } = await (await sharedPostgres()).createDatabase()      // migrated by who opens it
 *     const store = await openStore(url, '')
 *
 * It ends with the process. A test that stops, kills or configures its server starts one for itself: `startPostgres`.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chownSync, closeSync, fchownSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { freePort } from '../free-port.ts'
import { findPrograms, type Programs } from './programs.ts'

/** A database of its own. */
export type TestDatabase = {
  readonly name: string
  /** As the superuser, without a password. */
  readonly url: string
  readonly drop: () => Promise<void>
}

export type PostgresServer = {
  readonly port: number
  /** Major version. */
  readonly version: number
  /** The server's data; certificates for TLS belong here. */
  readonly directory: string
  /** URL of a database for the superuser. */
  readonly url: (database: string) => string
  /** An empty database; or a copy of another, which nobody may be connected to. */
  readonly createDatabase: (template?: string) => Promise<TestDatabase>
  /** Runs a statement as the superuser. */
  readonly query: (database: string, text: string, values?: readonly unknown[]) => Promise<pg.QueryResult>
  /** Runs statements as the superuser that all see the database as it is at the first of them. */
  readonly atOneMoment: <T>(database: string, read: (query: Query) => Promise<T>) => Promise<T>
  /** Makes a file of the server's own in its directory. */
  readonly writeFile: (name: string, content: string) => void
  /** `fast` ends sessions, `immediate` is a crash that the next start recovers from. */
  readonly stop: (mode?: 'fast' | 'immediate') => Promise<void>
  /** kill -9 of the server itself. */
  readonly kill: () => Promise<void>
  /** @param environment further variables of the server's environment, until it ends */
  readonly start: (environment?: Readonly<Record<string, string>>) => Promise<void>
  /** Undefined when it has ended, by itself or because it was told to. */
  readonly pid: () => number | undefined
  /** Sends a signal to the server: `SIGHUP` to read its settings again. */
  readonly signal: (signal: NodeJS.Signals) => void
  /** Stops and removes it. */
  readonly close: () => Promise<void>
}

const signals = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const

/** What a test of anything but durability does without. */
const careless = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'on' }

const createDirectory = ({ identity }: Programs): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-postgres-'))
  if (identity !== undefined) chownSync(directory, identity.uid, identity.gid)
  return directory
}

const initialize = ({ folder, identity }: Programs, directory: string): void => {
  const flags = [
    '--username=postgres',
    '--auth=trust',
    '--encoding=UTF8',
    '--no-locale',
    '--no-sync',
    '--no-instructions',
  ]
  execFileSync(join(folder, 'initdb'), [...flags, `--pgdata=${directory}`], {
    ...identity,
    stdio: 'pipe',
    cwd: directory,
  })
  // The superuser of the tests needs no password from here; everybody else does.
  const rules = [
    'host all postgres 127.0.0.1/32 trust',
    'host replication postgres 127.0.0.1/32 trust',
    'host all all 127.0.0.1/32 scram-sha-256',
  ]
  writeFileSync(join(directory, 'pg_hba.conf'), `${rules.join('\n')}\n`)
}

type Query = (text: string, values?: readonly unknown[]) => Promise<pg.QueryResult>

/** A connection of its own for what `use` does. */
const withConnection = async <T>(connectionString: string, use: (query: Query) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString })
  client.on('error', () => {})
  await client.connect()
  try {
    return await use((text, values = []) => client.query(text, [...values]))
  } finally {
    await client.end()
  }
}

/**
 * Starts a PostgreSQL on a free port of loopback.
 * @param durable whether it writes to the disk what it acknowledges, as outside of tests
 * @param settings further settings of `postgresql.conf`
 * @throws when this machine has none
 */
export const startPostgres = async ({
  durable = false,
  settings = {},
  files = {},
  port: given,
  fill,
}: {
  readonly durable?: boolean
  readonly settings?: Readonly<Record<string, string>>
  /** Files in its directory from the start, such as certificates. */
  readonly files?: Readonly<Record<string, string>>
  /** By default a free one. */
  readonly port?: number
  /** Puts the data of another into its directory; by default it is a new and empty one. */
  readonly fill?: (directory: string) => Promise<void>
} = {}): Promise<PostgresServer> => {
  const programs = findPrograms()
  if (programs === undefined) throw new Error('there is no PostgreSQL: install postgresql, or run npm install')
  const directory = createDirectory(programs)
  if (fill === undefined) initialize(programs, directory)
  else await fill(directory)
  const port = given ?? (await freePort())
  const url = (database: string): string => `postgres://postgres@127.0.0.1:${port}/${database}`
  const all = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    shared_buffers: '32MB',
    ...(durable ? {} : careless),
    ...settings,
  }
  const writeFile: PostgresServer['writeFile'] = (name, content) => {
    const path = join(directory, name)
    writeFileSync(path, content, { mode: 0o600 })
    if (programs.identity !== undefined) chownSync(path, programs.identity.uid, programs.identity.gid)
  }
  for (const [name, content] of Object.entries(files)) writeFile(name, content)
  let child: ChildProcess | undefined
  let exited: Promise<void> = Promise.resolve()

  const signal = (name: NodeJS.Signals): void => {
    child?.kill(name)
  }
  const end = async (name: NodeJS.Signals): Promise<void> => {
    // It keeps no process alive, but whoever waits for its end.
    child?.ref()
    signal(name)
    await exited
  }
  const stop = async (mode: 'fast' | 'immediate' = 'fast'): Promise<void> => {
    await end(signals[mode])
  }
  const query: PostgresServer['query'] = (database, text, values) =>
    withConnection(url(database), (ask) => ask(text, values))
  const isReady = async (): Promise<boolean> =>
    query('postgres', 'SELECT 1').then(
      () => true,
      () => false,
    )
  const start: PostgresServer['start'] = async (environment = {}) => {
    const log = openSync(join(directory, 'server.log'), 'a', 0o600)
    // Who copies the directory over the network reads it as the server.
    if (programs.identity !== undefined) fchownSync(log, programs.identity.uid, programs.identity.gid)
    const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const started = spawn(join(programs.folder, 'postgres'), ['-D', directory, ...flags], {
      ...programs.identity,
      cwd: directory,
      env: { ...process.env, ...environment },
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    started.unref()
    child = started
    exited = new Promise((resolve) => {
      started.once('exit', () => {
        if (child === started) child = undefined
        resolve()
      })
    })
    const until = performance.now() + 60_000
    while (!(await isReady())) {
      if (child === undefined || performance.now() > until) {
        throw new Error(`PostgreSQL did not start: ${readFileSync(join(directory, 'server.log'), 'utf8').slice(-2000)}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const remove = (): void => rmSync(directory, { recursive: true, force: true })
  const atExit = (): void => {
    signal('SIGQUIT')
    // It ends a moment after the process that made it, and so does its directory.
    spawn('sh', ['-c', 'sleep 1; rm -rf -- "$0"', directory], { detached: true, stdio: 'ignore' }).unref()
  }
  process.once('exit', atExit)

  let databases = 0
  const server: PostgresServer = {
    port,
    version: programs.version,
    directory,
    url,
    query,
    atOneMoment: (database, read) =>
      withConnection(url(database), async (ask) => {
        await ask('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
        return await read(ask)
      }),
    createDatabase: async (template) => {
      databases += 1
      const name = `test_${databases}`
      const copying = template === undefined ? '' : ` TEMPLATE ${template} STRATEGY FILE_COPY`
      await query('postgres', `CREATE DATABASE ${name}${copying}`)
      return {
        name,
        url: url(name),
        drop: async () => void (await query('postgres', `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)),
      }
    },
    writeFile,
    signal,
    stop,
    kill: () => end('SIGKILL'),
    start,
    pid: () => child?.pid,
    close: async () => {
      await stop('immediate')
      process.off('exit', atExit)
      remove()
    },
  }
  try {
    await start()
  } catch (error) {
    await server.close()
    throw error
  }
  return server
}

let shared: Promise<PostgresServer> | undefined

/** The server of this test process; it ends with the process. */
export const sharedPostgres = (): Promise<PostgresServer> => {
  shared ??= startPostgres()
  return shared
}
