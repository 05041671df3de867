import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Config, type Founding, foundWorkspace, loadConfig, startServer } from '@mintmark/server'
import { freePort } from '../../../packages/server/test/free-port.ts'
import { type BenchDatabase, startBenchDatabase } from '../database/bench-database.ts'
import type { KeyAlgorithm } from './bench-key.ts'
import { randomClients, stopChild } from './fork-contender.ts'
import {
  type Api,
  type Authentication,
  audienceOf,
  type BenchClient,
  type ContenderOptions,
  type RunningContender,
  scope,
} from './target.ts'

export const workspace = 'bench/bench'
const introspectorId = 'introspector'

const apis: Readonly<Record<Api, Founding['apis'][string]>> = {
  es256: { audience: audienceOf('es256'), scopes: [{ name: scope, description: '' }], algorithm: 'ES256' },
  rs256: { audience: audienceOf('rs256'), scopes: [{ name: scope, description: '' }], algorithm: 'RS256' },
  opaque: { audience: audienceOf('opaque'), scopes: [{ name: scope, description: '' }], tokenFormat: 'opaque' },
}

const names = Object.keys(apis)

/** A client as the store keeps it. */
export const clientOf = ({ key }: Pick<BenchClient, 'key'>) => ({
  capabilities: ['client_credentials'],
  ...(key === undefined ? {} : { authenticationMethods: ['private_key_jwt'] }),
  permissions: names.map((api) => ({ api, scopes: [scope], defaultScopes: [scope] })),
})

const founding = (clients: readonly BenchClient[]): Founding => {
  const withKeys = clients.flatMap(({ id, key }) => (key === undefined ? [] : [{ id, key }]))
  return {
    workspace,
    settings: { displayName: 'Benchmark' },
    apis,
    clients: {
      ...Object.fromEntries(clients.map((client) => [client.id, clientOf(client)])),
      [introspectorId]: { capabilities: ['introspection'], introspects: names },
    },
    publicKeys: Object.fromEntries(
      withKeys.map(({ id, key: { algorithm, kid, jwk } }) => [id, { algorithm, kid, jwk }]),
    ),
    note: 'benchmark',
  }
}

/** A data directory with the workspace of the benchmark in it. */
export type SeededData = {
  readonly directory: string
  readonly clients: readonly BenchClient[]
  readonly introspector: BenchClient
  /** Where the workspace is instead, if not in the directory. */
  readonly database?: BenchDatabase
  /** Removes it all; the database is stopped. */
  readonly remove: () => Promise<void>
}

/** Which database a server keeps its data in. */
export type Engine = 'sqlite' | 'postgres'

/** Everything is as by default but what a test cannot share with others on the machine. */
const configOf = (directory: string, database: BenchDatabase | undefined): Config =>
  loadConfig({
    file: undefined,
    environment: {},
    flags: {
      ...{ dataDirectory: directory, publicPort: '0', adminPort: '0', logLevel: 'error' },
      ...(database === undefined ? {} : { store: database.url }),
    },
  }).config

/** Registers clients in a new data directory, through the server's own modules: a hundred thousand take some eight seconds. */
export const seedMintmark = async (
  count: number,
  authentication?: Authentication,
  keyAlgorithm?: KeyAlgorithm,
  engine: Engine = 'sqlite',
): Promise<SeededData> => {
  const database = engine === 'postgres' ? await startBenchDatabase() : undefined
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-bench-'))
  const remove = async (): Promise<void> => {
    await database?.stop()
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    const server = await startServer(configOf(directory, database))
    const made = randomClients(count, authentication, keyAlgorithm)
    const secrets = await foundWorkspace(founding(made), server).finally(() => server.close())
    if (secrets === undefined) throw new Error('the workspace of the benchmark exists already')
    const clients = made.map((client) => ({ ...client, secret: secrets[client.id] ?? '' }))
    const secret = secrets[introspectorId]
    if (secret === undefined) throw new Error('the introspector got no secret')
    const introspector = { id: introspectorId, secret }
    return { directory, clients, introspector, ...(database === undefined ? {} : { database }), remove }
  } catch (error) {
    await remove()
    throw error
  }
}

const statusOf = (url: string): Promise<number | undefined> =>
  new Promise((resolve) => {
    get(url, { agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    }).on('error', () => resolve(undefined))
  })

/** Asks every few milliseconds until the answer is 200; gives up with the process, or after half a minute. */
const untilReady = async (url: string, child: ChildProcess, complaints: () => string): Promise<void> => {
  const limit = performance.now() + 30_000
  while ((await statusOf(url)) !== 200) {
    if (child.exitCode !== null || performance.now() > limit)
      throw new Error(`mintmark did not start:\n${complaints()}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** Node ends it with the channel to the benchmark, so that it never outlives that, however that dies; the channel itself does not keep it (its
 * worker threads run this too, and have none). */
const endWithParent = `data:text/javascript,process.on('disconnect', () => process.exit(1)); process.channel?.unref()`

/** On the management listener: the server says itself that it can serve. */
const readyPath = '/health/ready'

/** What the command's first line gives Node, when a shell or `npm start` starts it. */
const asInstalled = ['--max-semi-space-size=8', '--heap-growing-percent=50']

const command = fileURLToPath(import.meta.resolve('mintmark/bin/mintmark.js'))

/** Time from the start of the process to its first answer that it is ready, in milliseconds. */
export type ReadyContender = RunningContender & { readonly readyMillis: number; readonly adminPort: number }

/** Runs `mintmark serve` over a data directory, as a user would: from source, or built if that is what the package holds. */
export const serveMintmark = async (
  { directory, clients, introspector, database }: SeededData,
  { threadPool, nodeArguments = [] }: Pick<ContenderOptions, 'threadPool' | 'nodeArguments'>,
): Promise<ReadyContender> => {
  const [port, adminPort] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}`
  const { UV_THREADPOOL_SIZE: _ours, ...environment } = process.env
  const started = performance.now()
  const child = spawn(
    process.execPath,
    ['--import', endWithParent, ...asInstalled, ...nodeArguments, command, 'serve'],
    {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: {
        ...environment,
        MINTMARK_DATA_DIR: directory,
        ...(database === undefined ? {} : { MINTMARK_STORE: database.url }),
        MINTMARK_URL: url,
        MINTMARK_PUBLIC_PORT: String(port),
        MINTMARK_ADMIN_PORT: String(adminPort),
        ...(threadPool === undefined ? {} : { UV_THREADPOOL_SIZE: String(threadPool) }),
      },
    },
  )
  let complaints = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-2000)
  })
  try {
    await untilReady(`http://127.0.0.1:${adminPort}${readyPath}`, child, () => complaints)
    const readyMillis = performance.now() - started
    const { pid } = child
    if (pid === undefined) throw new Error('mintmark has no process id')
    const path = `/${workspace}`
    const issuer = `${url}${path}`
    const target = {
      ...{ port, tokenPath: `${path}/oauth2/token`, introspectionPath: `${path}/oauth2/introspect` },
      ...{ issuer, tokenUrl: `${issuer}/oauth2/token`, clients, introspector },
    }
    const running = { pid, readyMillis, adminPort, target, stop: () => stopChild(child) }
    return database === undefined ? running : { ...running, databaseUsage: database.usage }
  } catch (error) {
    await stopChild(child, 'SIGKILL')
    throw error
  }
}

/** A server over data of its own, which goes with it. */
const startOn =
  (engine: Engine) =>
  async (options: ContenderOptions): Promise<RunningContender> => {
    const data = await seedMintmark(options.clients, options.authentication, options.keyAlgorithm, engine)
    try {
      const running = await serveMintmark(data, options)
      return {
        ...running,
        stop: async () => {
          await running.stop()
          await data.remove()
        },
      }
    } catch (error) {
      await data.remove()
      throw error
    }
  }

export const startMintmark = startOn('sqlite')
/** Over a PostgreSQL of its own on the same machine, whose CPU is counted apart. */
export const startMintmarkOnPostgres = startOn('postgres')
