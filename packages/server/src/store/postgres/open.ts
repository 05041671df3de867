import { createAuditQueue } from '../sql/audit-queue.ts'
import { createSqlStore } from '../sql/store.ts'
import { type PostgresOptions, type Store, type StoreOptions, StoreUnavailableError } from '../store.ts'
import { type Address, describeAddress, readAddress } from './address.ts'
import { append } from './append.ts'
import { createConnections } from './connections.ts'
import { queryBuilder } from './dialect.ts'
import { createAuditFollower } from './follow-audit.ts'
import { migrateDatabase } from './migrate.ts'
import { purgeSlots, type SlottedTable } from './purge.ts'
import { createClientReader, createSecretFinder } from './read-client.ts'
import { auditWidth, slotOf, usedValueWidth } from './slots.ts'
import { createWriteRunner } from './write.ts'

const defaults = { connections: 10, auditRetention: 90 }

/** Batches of audit events under way at a time. */
const auditLanes = 2
/** Connections that only the token path uses: for its audit events, and values that count once. */
const tokenConnections = auditLanes
/** Those, one for each node's own news and one for everything else at the least. */
const fewestConnections = tokenConnections + 2

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  // Several addresses of a host that were tried in vain have their reasons inside.
  return error.message || ('code' in error ? String(error.code) : error.name)
}

const unavailable = (cause: unknown): StoreUnavailableError =>
  cause instanceof StoreUnavailableError
    ? cause
    : new StoreUnavailableError(`PostgreSQL: ${reasonOf(cause)}`, { cause })

/** Whatever a group of the store is asked and cannot answer, it says so in one way. */
const guarded = <T extends object>(group: T, closed: () => boolean): T =>
  Object.fromEntries(
    Object.entries(group).map(([name, method]) => [
      name,
      async (...args: readonly unknown[]) => {
        if (closed()) throw new StoreUnavailableError('the store is closed')
        try {
          return await (method as (...args: readonly unknown[]) => Promise<unknown>)(...args)
        } catch (error) {
          throw unavailable(error)
        }
      },
    ]),
  ) as T

const addressOf = (url: string, options: PostgresOptions): Address => readAddress(url, options)

/**
 * Makes or migrates a database that nodes may be using.
 * @returns the names of the migrations applied
 * @throws StoreOpenError
 */
export const migratePostgres = (url: string, options: PostgresOptions = {}): Promise<readonly string[]> =>
  migrateDatabase(addressOf(url, options), describeAddress(url))

/**
 * Opens the PostgreSQL store, migrating it as needed.
 * @throws StoreOpenError when it cannot be reached, is newer than this version or not Mintmark's
 */
export const openPostgres = async (url: string, { postgres = {} }: StoreOptions = {}): Promise<Store> => {
  const address = addressOf(url, postgres)
  await migrateDatabase(address, describeAddress(url))
  const limit = Math.max(fewestConnections, postgres.connections ?? defaults.connections)
  const direct = true
  const general = createConnections({ address, direct, limit: limit - tokenConnections - 1 })
  const forTokens = createConnections({ address, direct, limit: tokenConnections })
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
  })
  const database = queryBuilder(general)
  const follower = createAuditFollower(general, database)
  const write = createWriteRunner(general, async () => {})
  let closing: Promise<void> | undefined
  const isClosed = (): boolean => closing !== undefined
  const underWay = new Set<Promise<unknown>>()

  const close = async (): Promise<void> => {
    await audit.drain()
    await Promise.allSettled(underWay)
    await Promise.all([general.close(), forTokens.close()])
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
    close: () => {
      closing ??= close()
      return closing
    },
  })
  const guard = <T extends object>(group: T): T => {
    const safe = guarded(group, isClosed)
    return Object.fromEntries(
      Object.entries(safe).map(([name, method]) => [
        name,
        (...args: readonly unknown[]) => {
          const running = (method as (...args: readonly unknown[]) => Promise<unknown>)(...args)
          underWay.add(running)
          const ended = (): void => void underWay.delete(running)
          running.then(ended, ended)
          return running
        },
      ]),
    ) as T
  }
  return {
    ...store,
    configuration: guard(store.configuration),
    changes: guard(store.changes),
    keys: guard(store.keys),
    revocations: guard(store.revocations),
    audit: { ...guard(store.audit), load: store.audit.load },
    endings: guard(store.endings),
    credentialUse: guard(store.credentialUse),
    idempotency: guard(store.idempotency),
    singleUse: guard(store.singleUse),
    settings: guard(store.settings),
    maintenance: guard(store.maintenance),
  }
}
