import { randomBytes } from 'node:crypto'
import { type AdminClient, createAdminClient } from '@mintmark/client/admin'
import { freePort } from '../../packages/server/test/free-port.ts'
import { type PostgresServer, startPostgres } from '../../packages/server/test/postgres/postgres-server.ts'
import { until } from '../../packages/server/test/until.ts'
import { foundDemo } from '../durability/found-demo.ts'
import { type Ending, type Program, startProgram, temporaryDirectory } from '../process/server-process.ts'
import { type DatabaseWay, startDatabaseWay } from './database-way.ts'
import { createLoadBalancer, drainDelay } from './load-balancer.ts'

/** One of the nodes, a process of its own with its own way to the database. */
export type Node = {
  readonly name: string
  /** Without the load balancer. */
  readonly publicUrl: string
  readonly adminUrl: string
  readonly dataDirectory: string
  readonly way: DatabaseWay
  /** Starts it, with further settings, and waits until it says that it is ready. */
  readonly start: (environment?: Readonly<Record<string, string>>) => Promise<void>
  readonly isRunning: () => boolean
  /** SIGTERM; resolves with the exit code. */
  readonly stop: () => Promise<number | null>
  /** SIGKILL. */
  readonly kill: () => Promise<void>
  readonly signal: (signal: 'SIGSTOP' | 'SIGCONT') => void
  readonly isReady: () => Promise<boolean>
  /** Why it says that it is not ready; nothing when it is. */
  readonly notReady: () => Promise<readonly string[]>
  /** A metric without labels; undefined when the node does not have it. */
  readonly metric: (name: string) => Promise<number | undefined>
  readonly pid: () => number
  /** All it wrote since it was started last. */
  readonly output: () => string
}

export type Cluster = {
  /** The one that the nodes' ways lead to. */
  readonly postgres: PostgresServer
  readonly database: string
  readonly nodes: readonly [Node, Node, Node]
  /** Of the load balancer. */
  readonly publicUrl: string
  readonly adminUrl: string
  readonly issuer: string
  readonly secrets: Readonly<Record<string, string>>
  /** Makes another PostgreSQL, with the same settings, the one that all ways lead to; it ends with the cluster. */
  readonly moveTo: (postgres: PostgresServer) => void
  /** Goes through the load balancer, and tries once. */
  readonly admin: AdminClient
  /** An administrator at one node. */
  readonly adminAt: (node: Node) => AdminClient
}

/** The place of what the scenarios ask for. */
export const demo = { tenant: 'default', workspace: 'demo' } as const

/** Sessions that PostgreSQL takes: what three nodes may have, and few more. */
export const maximumConnections = 30

/** How often a node is started that ends before it is ready. */
const mostStarts = 4

const ready = /mintmark is ready:/

type NodeSettings = {
  readonly name: string
  readonly publicPort: number
  readonly adminPort: number
  readonly way: DatabaseWay
  readonly environment: Readonly<Record<string, string>>
}

const createNode = (context: Ending, { name, publicPort, adminPort, way, environment }: NodeSettings): Node => {
  const dataDirectory = temporaryDirectory(context)
  const publicUrl = `http://127.0.0.1:${publicPort}`
  const adminUrl = `http://127.0.0.1:${adminPort}`
  let program: Program | undefined
  let running = false
  const startOnce = async (more: Readonly<Record<string, string>>): Promise<void> => {
    const flags = ['--data-dir', dataDirectory, '--public-port', String(publicPort), '--admin-port', String(adminPort)]
    const started = startProgram(context, ['serve', ...flags], { ...environment, ...more })
    program = started
    running = true
    started.exited.then(() => {
      if (program === started) running = false
    })
    await until(
      `${name} is ready`,
      () => {
        if (!running) throw new Error(`${name} ended before it was ready:\n${started.output()}`)
        return ready.test(started.output())
      },
      60_000,
    )
  }
  return {
    name,
    publicUrl,
    adminUrl,
    dataDirectory,
    way,
    start: async (more = {}) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await startOnce(more)
        } catch (error) {
          // As a service manager does: a node that cannot reach its database in time does not start.
          if (attempt === mostStarts) throw error
        }
      }
    },
    isRunning: () => running,
    stop: async () => {
      program?.signal('SIGTERM')
      return (await program?.exited)?.code ?? null
    },
    kill: async () => {
      program?.signal('SIGKILL')
      await program?.exited
    },
    signal: (signal) => program?.signal(signal),
    isReady: async () => {
      const answer = await fetch(`${adminUrl}/health/ready`, { signal: AbortSignal.timeout(1000) }).catch(
        () => undefined,
      )
      return answer?.status === 200
    },
    notReady: async () => {
      const answer = await fetch(`${adminUrl}/health/ready`, { signal: AbortSignal.timeout(2000) })
      return ((await answer.json()) as { readonly reasons?: readonly string[] }).reasons ?? []
    },
    metric: async (wanted) => {
      const answer = await fetch(`${adminUrl}/metrics`, { signal: AbortSignal.timeout(2000) })
      const line = (await answer.text()).split('\n').find((each) => each.startsWith(`${wanted} `))
      return line === undefined ? undefined : Number(line.slice(wanted.length))
    },
    pid: () => program?.pid ?? 0,
    output: () => program?.output() ?? '',
  }
}

/** Of each PostgreSQL that nodes use: a standby must be able to do no less than its primary. */
export const databaseSettings: Readonly<Record<string, string>> = {
  max_connections: String(maximumConnections),
  max_wal_senders: '4',
  wal_level: 'replica',
}

/** Three nodes behind HAProxy over one PostgreSQL that keeps what it acknowledges, with the demo workspace in it. */
export const startCluster = async (context: Ending): Promise<Cluster> => {
  let postgres = await startPostgres({ durable: true, settings: databaseSettings })
  const first = postgres
  context.after(() => first.close())
  const { name: database } = await postgres.createDatabase()
  const places = await Promise.all(
    ['a', 'b', 'c'].map(async (name) => ({
      name,
      publicPort: await freePort(),
      adminPort: await freePort(),
      way: await startDatabaseWay(postgres.port),
    })),
  )
  for (const { way } of places) context.after(() => way.close())
  const balancer = await createLoadBalancer(context, places)
  const common = {
    MINTMARK_URL: balancer.publicUrl,
    // Part of the issuer of administrators' tokens: the same on every node.
    MINTMARK_ADMIN_URL: balancer.adminUrl,
    MINTMARK_MASTER_KEY: randomBytes(32).toString('base64'),
    MINTMARK_LOG_LEVEL: 'warn',
    MINTMARK_DRAIN_DELAY: String(drainDelay),
    MINTMARK_WEBHOOKS_ALLOWED: '127.0.0.1',
    // Disabled clients go on asking through one proxy, and are to be refused as what they are.
    MINTMARK_LIMIT_FAILURES: '1000000',
    MINTMARK_LIMIT_FAILED_CLIENTS: '1000000',
  }
  const { secrets, administrator } = await foundDemo(temporaryDirectory(context), {
    ...common,
    MINTMARK_LOG_LEVEL: 'silent',
    MINTMARK_STORE: postgres.url(database),
  })
  const nodes = places.map((place) =>
    createNode(context, {
      ...place,
      environment: {
        ...common,
        MINTMARK_STORE: `postgres://postgres@127.0.0.1:${place.way.port}/${database}`,
        MINTMARK_STORE_CONNECTIONS: '8',
      },
    }),
  ) as [Node, Node, Node]
  for (const node of nodes) await node.start()
  await balancer.start()
  const administratorAt = (adminUrl: string): AdminClient =>
    createAdminClient({ ...administrator, adminUrl, attempts: 1, timeout: 10_000 })
  return {
    get postgres() {
      return postgres
    },
    moveTo: (other) => {
      postgres = other
      context.after(() => other.close())
      for (const { way } of places) way.leadTo(other.port)
    },
    database,
    nodes,
    publicUrl: balancer.publicUrl,
    adminUrl: balancer.adminUrl,
    issuer: `${balancer.publicUrl}/${demo.tenant}/${demo.workspace}`,
    secrets: secrets ?? {},
    admin: administratorAt(balancer.adminUrl),
    adminAt: (node) => administratorAt(node.adminUrl),
  }
}

/** Every node ready again, as the load balancer sees it. */
export const allReady = async ({ nodes }: Cluster, patience = 20_000): Promise<void> => {
  try {
    await until('all', async () => (await Promise.all(nodes.map(({ isReady }) => isReady()))).every(Boolean), patience)
  } catch {
    const said = nodes.map(async ({ name, adminUrl, output }) => {
      const answer = await fetch(`${adminUrl}/health/ready`).catch(() => undefined)
      return `${name}: ${await answer?.text()}\n${output().slice(-1500)}`
    })
    throw new Error(`not every node is ready after ${patience} ms:\n${(await Promise.all(said)).join('\n')}`)
  }
}

/** What a scenario that failed left behind: nodes that do not run are started. */
export const mend = async (cluster: Cluster): Promise<void> => {
  for (const node of cluster.nodes) if (!node.isRunning()) await node.start()
  await allReady(cluster)
}
