import { createHash } from 'node:crypto'
import { type CopiedTable, type CopyEnd, type Key, keyOf, type Row } from './copy-end.ts'

/** Rows read and written at a time. */
const rowsAtATime = 2000
/** The same where a row may have megabytes. */
const largeRowsAtATime = 10
const large: readonly string[] = ['changes', 'operations', 'response']

const pageSize = ({ columns }: CopiedTable): number =>
  columns.some(({ name }) => large.includes(name)) ? largeRowsAtATime : rowsAtATime

/** Pages of a table, or of its rows after a key. */
async function* pagesOf(end: CopyEnd, table: CopiedTable, after?: Key, until?: Key): AsyncGenerator<readonly Row[]> {
  const size = pageSize(table)
  let position = after
  for (;;) {
    const rows = await end.page(table, position, until, size)
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows
    if (rows.length < size) return
    position = keyOf(table, last)
  }
}

const byKey = (table: CopiedTable, rows: readonly Row[]): Map<string, Row> =>
  new Map(rows.map((row) => [JSON.stringify(keyOf(table, row)), row]))

const readAll = async (pages: AsyncIterable<readonly Row[]>): Promise<Row[]> => {
  const all: Row[] = []
  for await (const rows of pages) all.push(...rows)
  return all
}

/**
 * Makes a table of the target what it is in the source, by comparing both page by page: what is there already is not written
 * again, so that it may be interrupted at any moment, and done again as often as one likes.
 * @param after only rows after this key
 * @param advanced called with the number of rows compared
 * @returns how many rows were added, replaced or removed
 */
export const synchronize = async (
  source: CopyEnd,
  target: CopyEnd,
  table: CopiedTable,
  after: Key | undefined,
  advanced: (rows: number) => void,
): Promise<number> => {
  const size = pageSize(table)
  let changed = 0
  let position = after
  for (let more = true; more; ) {
    const rows = await source.page(table, position, undefined, size)
    more = rows.length === size
    const last = rows.at(-1)
    const until = more && last !== undefined ? keyOf(table, last) : undefined
    const wanted = byKey(table, rows)
    const found = byKey(table, await readAll(pagesOf(target, table, position, until)))
    const add: Row[] = []
    const remove: Key[] = []
    for (const [key, row] of wanted) {
      const there = found.get(key)
      if (there !== undefined && JSON.stringify(there) === JSON.stringify(row)) continue
      add.push(row)
      if (there !== undefined) remove.push(keyOf(table, there))
    }
    for (const [key, row] of found) if (!wanted.has(key)) remove.push(keyOf(table, row))
    if (add.length > 0 || remove.length > 0) await target.apply(table, { remove, add })
    changed += Math.max(add.length, remove.length)
    advanced(rows.length)
    position = until
  }
  return changed
}

/** What a table holds, in short. */
export type Content = { readonly rows: number; readonly digest: string }

/** Counts the rows of a table and digests them all, in the order of their keys. */
export const contentOf = async (end: CopyEnd, table: CopiedTable, after?: Key, until?: Key): Promise<Content> => {
  const hash = createHash('sha256')
  let rows = 0
  for await (const page of pagesOf(end, table, after, until)) {
    for (const row of page) hash.update(`${JSON.stringify(row)}\n`)
    rows += page.length
  }
  return { rows, digest: hash.digest('base64url') }
}

/** Whether a table holds the same on both sides. */
export const isSame = async (
  source: CopyEnd,
  target: CopyEnd,
  table: CopiedTable,
  after?: Key,
  until?: Key,
): Promise<boolean> => {
  const [one, other] = await Promise.all([
    contentOf(source, table, after, until),
    contentOf(target, table, after, until),
  ])
  return one.rows === other.rows && one.digest === other.digest
}
