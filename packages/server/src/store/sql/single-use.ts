import type { Write } from './tables.ts'

export const purgeUsed = async (db: Write, now: number, limit: number): Promise<number> => {
  const result = await db
    .deleteFrom('used_value')
    .where('digest', 'in', (query) =>
      query.selectFrom('used_value').select('digest').where('expires', '<', now).limit(limit),
    )
    .executeTakeFirst()
  return Number(result.numDeletedRows)
}
