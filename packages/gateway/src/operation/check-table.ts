import { readFileSync } from 'node:fs'
import { createVerifiers } from '../decision/verifiers.ts'
import { readTable } from '../table/read-table.ts'
import type { RouteTable } from '../table/route-table.ts'
import { TableError } from '../table/table-error.ts'

/**
 * The text of a table's file.
 * @throws TableError when it cannot be read
 */
export const readTableFile = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new TableError(file, [{ line: 1, sentence: `the file cannot be read (${code})` }])
  }
}

/**
 * Reads a table and sets up its verification as at a start, without asking anybody.
 * @throws TableError for everything that would stop the start
 */
export const checkTable = (file: string, environment: Readonly<Record<string, string | undefined>>): RouteTable => {
  const table = readTable(readTableFile(file), file)
  createVerifiers(table, new Map(), {
    file,
    environment,
    fetch: globalThis.fetch,
    currentTime: Date.now,
    now: () => performance.now(),
    timeout: 5000,
    onRefusal: () => {},
    onTrouble: () => {},
  })
  return table
}
