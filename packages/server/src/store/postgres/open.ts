import { randomUUID } from 'node:crypto'
import { createAuditQueue } from '../sql/audit-queue.ts'
import { createListeners, createSqlStore } from '../sql/store.ts'
import { type PostgresOptions, type Store, StoreOpenError, type StoreOptions, StoreUnavailableError } from '../store.ts'
import { describeAddress, readAddress } from './address.ts'
import { append } from './append.ts'
import { createCatchUp } from './catch-up.ts'
import { type Connections, createConnections } from './connections.ts'
import { queryBuilder } from './dialect.ts'
import { createAuditFollower } from './follow-audit.ts'
import { createGuard, unavailable } from './guard.ts'
import { migrateDatabase } from './migrate.ts'
import { newsOf } from './news.ts'
import { openFailure } from './open-failure.ts'
import { purgeSlots, type SlottedTable } from './purge.ts'
import { createClientReader, createSecretFinder } from './read-client.ts'
import { auditWidth, slotOf, usedValueWidth } from './slots.ts'
import { createTeller } from './tell.ts'
import { createWriteRunner } from './write.ts'

const defaults = { connections: 10, auditRetention: 90 }

/** Batches of audit events under way at a time. */
const auditLanes = 2
/**
 * How long a batch may take, in milliseconds, before whoever waits for it is refused, and whoever comes is, until the database
 * answers again. A refusal is recorded as well, so that a request waits for twice this at the most.
 */
const auditPatience = 1500
/** Connections that only the token path uses: for its audit events, and values that count once. */
const tokenConnections = auditLanes
/** Those, one for the news, one to find out where the address leads, and one for everything else at the least. */
const fewestConnections = tokenConnections + 3

/**
 * Makes or migrates a database that nodes may be using.
 * @returns the names of the migrations applied
 * @throws StoreOpenError
 */
export const migratePostgres = (url: string, options: PostgresOptions = {}): Promise<readonly string[]> =>
  migrateDatabase(readAddress(url, options), describeAddress(url))

/**
 * Without the server's own limits a statement of a node that is frozen or gone would hold its locks for ever. A pooler takes
 * none from us, so the user must have them.
 */
const checkLimits = async (connections: Connections, place: string): Promise<void> => {
  const { rows } = await connections.query(
    "SELECT current_setting('statement_timeout') AS statement, current_setting('idle_in_transaction_session_timeout') AS idle, current_user AS name",
  )
  const [{ statement, idle, name }] = rows as [{ statement: string; idle: string; name: string }]
  if (statement !== '0' && idle !== '0') return
  throw new StoreOpenError(
    `${place} is reached through a pooler, which takes no limits: ALTER ROLE ${name} SET statement_timeout = '2700ms'; ALTER ROLE ${name} SET idle_in_transaction_session_timeout = '5s'`,
  )
}

/** A database that takes no writes issues no tokens: better said at the start. */
const checkWritable = async (connections: Connections, place: string): Promise<void> => {
  const { rows } = await connections.query("SELECT current_setting('transaction_read_only') AS value")
  if (rows[0]?.value !== 'on') return
  throw new StoreOpenError(
    `${place} takes no writes, as a standby or by default_transaction_read_only: give the address of the primary`,
  )
}

/**
 * Opens the PostgreSQL store, migrating it as needed.
 * @throws StoreOpenError when it cannot be reached, is newer than this version or not Mintmark's
 */
export const openPostgres = async (url: string, { postgres = {}, onNews }: StoreOptions = {}): Promise<Store> => {
  const { listenUrl } = postgres
  const address = readAddress(url, postgres)
  const listenAddress = listenUrl === undefined ? address : readAddress(listenUrl, postgres)
  const place = describeAddress(url)
  await migrateDatabase(listenAddress, describeAddress(listenUrl ?? url))
  const limit = Math.max(fewestConnections, postgres.connections ?? defaults.connections)
  const direct = listenUrl === undefined
  const listeners = createListeners()
  const node = randomUUID()
  const caughtUp = createCatchUp({
    listeners,
    address,
    direct,
    listenAddress,
    node,
    spare: (...asked) => general.queryUnproven(...asked),
    renew: () => {
      general.renew()
      forTokens.renew()
    },
    onNews,
  })
  const { admit, proven } = caughtUp
  // Behind a pooler a connection leads now here, now there.
  const common = { address, direct, proven, ...(direct ? { admit } : {}) }
  const general = createConnections({ ...common, limit: limit - (fewestConnections - 1) })
  const forTokens = createConnections({ ...common, limit: tokenConnections })
  const slotted = {
    audit: {
      table: 'audit_event',
      time: 'time',
      width: auditWidth(postgres.auditRetention ?? defaults.auditRetention),
    },
    usedValues: { table: 'used_value', time: 'expires', width: usedValueWidth },
  } as const satisfies Record<string, SlottedTable>

  const audit = createAuditQueue({
    send: (rows, uses) =>
      append(forTokens, rows, uses, slotted.audit.width).catch((error: unknown) => {
        throw unavailable(error)
      }),
    lanes: auditLanes,
    patience: auditPatience,
  })
  const database = queryBuilder(general)
  const follower = createAuditFollower(general, database)
  const write = createWriteRunner(general, (...written) => newsOf(node, ...written))
  const { guard, settled } = createGuard()
  let closing: Promise<void> | undefined

  const close = async (): Promise<void> => {
    await audit.drain()
    await settled()
    await caughtUp.close()
    await Promise.all([general.close(), forTokens.close()])
  }
  try {
    await caughtUp.start()
    if (!direct) await checkLimits(general, place)
    await checkWritable(general, place)
  } catch (error) {
    await close()
    throw openFailure(error, place, address)
  }
  const store = createSqlStore({
    database,
    write,
    appendAudit: audit.append,
    auditLoad: audit.load,
    toRow: (event) => ({ ...event, slot: slotOf(event.time, slotted.audit.width) }),
    followAudit: follower.follow,
    followWorkspace: follower.followWorkspace,
    purgeAudit: (before, limit) => purgeSlots(general, slotted.audit, before, limit),
    useOnce: audit.use,
    purgeUsed: (now, limit) => purgeSlots(general, slotted.usedValues, now, limit),
    readClient: createClientReader(general),
    findSecret: createSecretFinder(general),
    maintenance: {
      checkWritable: () => write('writeSetting', 'checked', String(process.pid)),
      backup: async () => {
        throw new StoreUnavailableError(
          'a PostgreSQL store is backed up by PostgreSQL: pg_dump, or its continuous archive',
        )
      },
    },
    listeners,
    catchUp: caughtUp.catchUp,
    tell: createTeller(node, general),
    leads: caughtUp.leads,
    contact: caughtUp.contact,
    close: () => {
      closing ??= close()
      return closing
    },
  })
  const closed = (): boolean => closing !== undefined
  const groups = Object.entries(store).filter(([, group]) => typeof group === 'object')
  const guarded = Object.fromEntries(groups.map(([name, group]) => [name, guard(group as object, closed)]))
  const safe = { ...store, ...guarded } as Store
  return { ...safe, audit: { ...safe.audit, load: store.audit.load } }
}
