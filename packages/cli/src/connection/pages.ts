import type { OptionSpecs } from '../command.ts'
import { usageFailure } from '../failure.ts'
import type { Progress } from '../terminal/progress.ts'

export const listOptions = {
  limit: { type: 'text', value: 'NUMBER', summary: 'How many to list at the most; 100 by default' },
  all: { type: 'switch', summary: 'List all of them' },
} as const satisfies OptionSpecs

export const searchOptions = {
  search: { type: 'text', value: 'TEXT', summary: 'Only those whose id or settings contain the text' },
  ...listOptions,
} as const satisfies OptionSpecs

/** Most items the server gives at once. */
const pageSize = 500
const defaultLimit = 100

type Page<T> = { readonly items: readonly T[]; readonly next?: string }

/** How many items `--limit` and `--all` ask for. @throws CommandFailure usage */
export const readLimit = ({ limit, all }: { readonly limit: string | undefined; readonly all: boolean }): number => {
  if (all) return Number.POSITIVE_INFINITY
  if (limit === undefined) return defaultLimit
  if (!/^[1-9]\d{0,8}$/.test(limit)) throw usageFailure('--limit must be a whole number from 1')
  return Number(limit)
}

/** Gathers pages until there are enough items or no more pages. */
export const gather = async <T>(
  page: (query: { readonly limit: number; readonly after: string | undefined }) => Promise<Page<T>>,
  limit: number,
  progress: Progress,
): Promise<{ readonly items: readonly T[]; readonly more: boolean }> => {
  const items: T[] = []
  let after: string | undefined
  do {
    const found = await page({ limit: Math.min(pageSize, limit - items.length), after })
    for (const item of found.items) items.push(item)
    after = found.next
    progress.update(items.length, Number.isFinite(limit) ? limit : undefined)
  } while (after !== undefined && items.length < limit)
  progress.finish()
  return { items, more: after !== undefined }
}

/** What is said below a list that was cut. */
export const moreRemark = 'There are more: --limit NUMBER or --all shows them.'
