import type { IdempotencyRecord } from '../store.ts'
import type { Database, Write } from './tables.ts'

export const findIdempotency = async (
  db: Database,
  key: string,
  now: number,
): Promise<IdempotencyRecord | undefined> => {
  const row = await db
    .selectFrom('idempotency')
    .selectAll()
    .where('key', '=', key)
    .where('expires', '>', now)
    .executeTakeFirst()
  return row && { key: row.key, request: row.request, response: row.response, expires: Number(row.expires) }
}

export const saveIdempotency = async (db: Write, record: IdempotencyRecord): Promise<void> => {
  await db
    .insertInto('idempotency')
    .values(record)
    .onConflict((conflict) =>
      conflict
        .column('key')
        .doUpdateSet({ request: record.request, response: record.response, expires: record.expires }),
    )
    .execute()
}

export const purgeIdempotency = async (db: Write, now: number, limit: number): Promise<number> => {
  const result = await db
    .deleteFrom('idempotency')
    .where('key', 'in', (query) =>
      query.selectFrom('idempotency').select('key').where('expires', '<=', now).limit(limit),
    )
    .executeTakeFirst()
  return Number(result.numDeletedRows)
}
