import { Kysely, PostgresDialect } from 'kysely'
import type { Database, Tables } from '../sql/tables.ts'
import type { Connection, Connections } from './connections.ts'

/** Kysely over connections of ours; who made them closes them. */
export const queryBuilder = ({ acquire }: Pick<Connections, 'acquire'>): Database =>
  new Kysely<Tables>({
    dialect: new PostgresDialect({
      pool: {
        connect: async () => {
          const connection = await acquire()
          return {
            query: (text: unknown, values?: readonly unknown[]) => connection.query(String(text), values) as never,
            release: () => connection.release(),
          }
        },
        end: async () => {},
        options: {},
      },
    }),
  })

/** Kysely over one connection that stays its owner's, who has begun a transaction on it. */
export const queryBuilderOver = (connection: Connection): Database =>
  queryBuilder({ acquire: async () => ({ query: connection.query, release: () => {} }) })
