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
  readonly query: (text: string, values?: readonly unknown[]) => Promise<pg.QueryResult>
  /** Closes them when nobody uses them any more; nothing is given out meanwhile. */
  readonly close: () => Promise<void>
}

/** Whether the server itself refused a statement: then the connection is as good as before. */
export const isRefusal = (error: unknown): error is pg.DatabaseError =>
  error instanceof pg.DatabaseError && error.severity === 'ERROR'

/** At most `limit` connections to a database, made when they are needed. */
export const createConnections = ({
  address,
  direct,
  limit,
}: {
  readonly address: Address
  readonly direct: boolean
  readonly limit: number
}): Connections => {
  const pool = new pg.Pool({
    ...clientConfig(address, direct),
    max: limit,
    idleTimeoutMillis: idlePatience,
    maxLifetimeSeconds: connectionLifetime,
  })
  // One that nobody uses was lost: the pool has forgotten it already.
  pool.on('error', () => {})
  let closed: Promise<void> | undefined

  const acquire = async (): Promise<Connection> => {
    if (closed !== undefined) throw new StoreUnavailableError('the store is closed')
    if (pool.waitingCount >= maximumWaiting) {
      throw new StoreUnavailableError(`${maximumWaiting} requests wait for the database`)
    }
    const client = await pool.connect()
    let lost = false
    const onError = (): void => {
      lost = true
    }
    client.on('error', onError)
    return {
      query: async (text, values = []) => {
        try {
          return await client.query(text, values.map(sendable))
        } catch (error) {
          // Whatever else went wrong, an answer may still be on its way.
          if (!isRefusal(error)) lost = true
          throw error
        }
      },
      release: (broken = false) => {
        client.off('error', onError)
        // In a transaction that nobody ended it would refuse, or hold back, whatever comes next.
        const isIdle = client.getTransactionStatus() === 'I'
        client.release(broken || lost || !isIdle)
      },
    }
  }

  return {
    acquire,
    query: async (text, values) => {
      const connection = await acquire()
      try {
        return await connection.query(text, values)
      } finally {
        connection.release()
      }
    },
    close: () => {
      closed ??= pool.end()
      return closed
    },
  }
}
