import pg from 'pg'
import { StoreUnavailableError } from '../store.ts'
import type { Address } from './address.ts'

/** How long it takes at the most, in milliseconds, before the store says that it cannot: to get a connection, then for a statement. */
export const connectPatience = 2000
export const statementPatience = 3000
/** The server gives up a little earlier, so that it is never busy for nobody. */
const serverPatience = 2700
/** How long a transaction may stand still, in milliseconds: the node that began it is frozen, and others wait for its locks. */
const idleTransactionPatience = 5000
/** How long a connection nobody uses is kept, in milliseconds. */
const idlePatience = 30_000
/** How long a connection is used, in seconds: after a change of address all are new within this time. */
const connectionLifetime = 900

/** Requests that may wait for a connection; with more the database has fallen behind. */
const maximumWaiting = 1000

const int8 = 20

/** Whole numbers of 64 bits as numbers: none of ours is beyond 2^53. Everything else as the driver does it. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((id: number, format?: 'text' | 'binary') =>
    id === int8 ? Number : pg.types.getTypeParser(id, format as 'text')) as typeof pg.types.getTypeParser,
}

/** PostgreSQL knows no character 0 in a text; nothing that we keep has one, so nothing is found under it. */
const sendable = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sendable)
  return typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value
}

/**
 * How every connection is made.
 * @param direct whether the server itself is at the other end, which takes its limits from us; a pooler would refuse them
 */
export const clientConfig = (address: Address, direct: boolean): pg.ClientConfig => ({
  host: address.host,
  port: address.port,
  database: address.database,
  user: address.user,
  // Not an empty text: then the driver would take PGPASSWORD of the environment.
  password: address.password ?? (() => ''),
  ssl: address.ssl,
  types,
  application_name: 'mintmark',
  keepAlive: true,
  keepAliveInitialDelayMillis: 5000,
  connectionTimeoutMillis: connectPatience,
  query_timeout: statementPatience,
  ...(direct
    ? {
        statement_timeout: serverPatience,
        idle_in_transaction_session_timeout: idleTransactionPatience,
      }
    : {}),
})

/** A connection for somebody's own use for a while. */
export type Connection = {
  readonly query: (text: string, values?: readonly unknown[]) => Promise<pg.QueryResult>
  /** @param broken whether it must not be used again */
  readonly release: (broken?: boolean) => void
}

export type Connections = {
  /** @throws StoreUnavailableError when too many wait, or none is to be had in time */
  readonly acquire: () => Promise<Connection>
  /** One statement in a transaction of its own. */
  readonly query: Connection['query']
  /** The same, also while it is not known whether the database is a primary. */
  readonly queryUnproven: Connection['query']
  /** Uses those there are no more, once whoever has one is done: they may lead where the address does not any more. */
  readonly renew: () => void
  /** Closes them when nobody uses them any more; nothing is given out meanwhile. */
  readonly close: () => Promise<void>
}

/** Whether the server itself refused a statement: then the connection is as good as before. */
export const isRefusal = (error: unknown): error is pg.DatabaseError =>
  error instanceof pg.DatabaseError && error.severity === 'ERROR'

/**
 * Where PostgreSQL says by a warning that it did not wait for its synchronous standby after all, since somebody cancelled that
 * (`pg_cancel_backend`): a commit that it then acknowledges is gone when the standby takes over.
 */
const replicationWait = 'SyncRepWaitForLSN'

/**
 * Commits what was begun on a connection.
 * @throws StoreUnavailableError when it was rolled back instead: PostgreSQL answers so where a statement had failed, without an error
 */
export const commit = async (query: (text: string) => Promise<Pick<pg.QueryResult, 'command'>>): Promise<void> => {
  const { command } = await query('COMMIT')
  if (command !== 'COMMIT') throw new StoreUnavailableError(`PostgreSQL answered COMMIT with ${command}`)
}

/**
 * At most `limit` connections to a database, made when they are needed.
 * @param admit looks at one that was just made, and rejects when it leads where it must not
 * @param proven resolves when the database may be asked; by default it always may
 */
export const createConnections = ({
  address,
  direct,
  limit,
  admit,
  proven = async () => {},
}: {
  readonly address: Address
  readonly direct: boolean
  readonly limit: number
  readonly admit?: ((query: Connection['query']) => Promise<void>) | undefined
  readonly proven?: () => Promise<void>
}): Connections => {
  const createPool = (): pg.Pool => {
    const made = new pg.Pool({
      ...clientConfig(address, direct),
      max: limit,
      idleTimeoutMillis: idlePatience,
      maxLifetimeSeconds: connectionLifetime,
      onConnect: (client) => admit?.((text) => client.query(text)),
    })
    // One that nobody uses was lost: the pool has forgotten it already.
    made.on('error', () => {})
    return made
  }
  let pool = createPool()
  /** Those who wait for a connection, each told when another pool takes the place of theirs. */
  const waiting = new Set<() => void>()
  let closed: Promise<void> | undefined

  const connectTo = async (from: pg.Pool): Promise<pg.PoolClient | undefined> => {
    const { promise: moved, resolve: move } = Promise.withResolvers<undefined>()
    const tellMoved = (): void => move(undefined)
    waiting.add(tellMoved)
    const connecting = from.connect()
    try {
      const client = await Promise.race([connecting, moved])
      if (client === undefined) {
        connecting.then(
          (late) => late.release(true),
          () => {},
        )
      }
      return client
    } finally {
      waiting.delete(tellMoved)
    }
  }

  const connect = async (): Promise<Connection> => {
    if (closed !== undefined) throw new StoreUnavailableError('the store is closed')
    if (pool.waitingCount >= maximumWaiting) {
      throw new StoreUnavailableError(`${maximumWaiting} requests wait for the database`)
    }
    const client = await connectTo(pool)
    // Whoever waited goes on waiting where connections lead now.
    if (client === undefined) return connect()
    let lost = false
    const onError = (): void => {
      lost = true
    }
    client.on('error', onError)
    let unreplicated = false
    const onNotice = ({ routine }: { readonly routine?: string | undefined }): void => {
      unreplicated ||= routine === replicationWait
    }
    client.on('notice', onNotice)
    return {
      query: async (text, values = []) => {
        try {
          const result = await client.query(text, values.map(sendable))
          if (unreplicated) throw new StoreUnavailableError('what was committed may not be on the standby')
          return result
        } catch (error) {
          // Whatever else went wrong, an answer may still be on its way.
          if (!isRefusal(error)) lost = true
          throw error
        }
      },
      release: (broken = false) => {
        client.off('error', onError)
        client.off('notice', onNotice)
        // In a transaction that nobody ended it would refuse, or hold back, whatever comes next.
        const isIdle = client.getTransactionStatus() === 'I'
        client.release(broken || lost || !isIdle)
      },
    }
  }

  const acquire = async (): Promise<Connection> => {
    await proven()
    return connect()
  }
  const queryOnce = async (
    connecting: Promise<Connection>,
    text: string,
    values: readonly unknown[] | undefined,
  ): Promise<pg.QueryResult> => {
    const connection = await connecting
    try {
      return await connection.query(text, values)
    } finally {
      connection.release()
    }
  }

  return {
    acquire,
    query: (text, values) => queryOnce(acquire(), text, values),
    queryUnproven: (text, values) => queryOnce(connect(), text, values),
    renew: () => {
      if (closed !== undefined) return
      pool.end().catch(() => {})
      pool = createPool()
      for (const tellMoved of [...waiting]) tellMoved()
    },
    close: () => {
      closed ??= pool.end()
      return closed
    },
  }
}
