import type { Write } from './tables.ts'

/** A value to be taken, and until when it is kept. */
export type Use = { readonly digest: string; readonly expires: number }

/** Takes values, in order; for each whether it was the first. */
export const useOnce = async (db: Write, uses: readonly Use[]): Promise<readonly boolean[]> => {
  const first: boolean[] = []
  for (const use of uses) {
    const result = await db
      .insertInto('used_value')
      .values({ digest: use.digest, expires: use.expires })
      .onConflict((conflict) => conflict.column('digest').doNothing())
      .executeTakeFirst()
    first.push(Number(result.numInsertedOrUpdatedRows ?? 0) === 1)
  }
  return first
}

export const purgeUsed = async (db: Write, now: number, limit: number): Promise<number> => {
  const result = await db
    .deleteFrom('used_value')
    .where('digest', 'in', (query) =>
      query.selectFrom('used_value').select('digest').where('expires', '<=', now).limit(limit),
    )
    .executeTakeFirst()
  return Number(result.numDeletedRows)
}
