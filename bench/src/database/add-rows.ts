/**
 * Writes what a server would have come to hold over months, in seconds, past the server and while it does not run. What a server
 * then reads is what it would have written itself.
 */
import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { clientSecretPrefix, sealFormat } from '@mintmark/protocol'
import type { SeededData } from '../contenders/mintmark.ts'
import type { BenchClient } from '../contenders/target.ts'

type Row = readonly (string | number)[]

/** Rows one statement carries to PostgreSQL, a column in an array. */
const rowsPerStatement = 20_000

const addToSqlite = (directory: string, table: string, columns: readonly string[], rows: Iterable<Row>): void => {
  const database = new DatabaseSync(join(directory, 'mintmark.sqlite'))
  try {
    database.exec('PRAGMA cache_size = -500000; PRAGMA synchronous = OFF; BEGIN')
    const places = columns.map(() => '?').join(', ')
    const insert = database.prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places})`)
    for (const row of rows) insert.run(...row)
    database.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)')
  } finally {
    database.close()
  }
}

const addToPostgres = async (
  query: NonNullable<SeededData['database']>['query'],
  table: string,
  columns: readonly string[],
  rows: Iterable<Row>,
): Promise<void> => {
  let waiting: Row[] = []
  const write = async (): Promise<void> => {
    const arrays = columns.map((_, column) => waiting.map((row) => row[column]))
    const types = columns.map((_, column) => (typeof waiting[0]?.[column] === 'number' ? 'bigint[]' : 'text[]'))
    const from = types.map((type, column) => `$${column + 1}::${type}`).join(', ')
    await query(`INSERT INTO ${table} (${columns.join(', ')}) SELECT * FROM unnest(${from})`, arrays)
    waiting = []
  }
  for (const row of rows) {
    waiting.push(row)
    if (waiting.length === rowsPerStatement) await write()
  }
  if (waiting.length > 0) await write()
  await query(`VACUUM ANALYZE ${table}`)
}

const addRows = async (
  { directory, database }: SeededData,
  table: string,
  columns: readonly string[],
  rows: Iterable<Row>,
): Promise<void> =>
  database === undefined
    ? addToSqlite(directory, table, columns, rows)
    : addToPostgres(database.query, table, columns, rows)

const entityColumns = ['workspace', 'kind', 'parent', 'id', 'revision', 'body']

/** As many further clients as the first of the data, each with a secret of its own, in the order of the tables' keys. */
export const addClients = async (
  data: SeededData,
  workspace: string,
  count: number,
  body: string,
): Promise<SeededData> => {
  const added: readonly BenchClient[] = Array.from({ length: count }, (_, index) => ({
    id: `fleet-${String(index).padStart(7, '0')}`,
    secret: sealFormat(clientSecretPrefix, randomBytes(32)),
  }))
  const rows = function* (): Iterable<Row> {
    for (const { id } of added) yield [workspace, 'client', '', id, 1, body]
    const created = Date.now()
    for (const { id, secret } of added) {
      const digest = createHash('sha256').update(secret).digest('base64url')
      const credential = { type: 'secret', hash: { kind: 'sha256', digest }, hint: secret.slice(-4), created }
      yield [workspace, 'credential', id, randomBytes(5).toString('hex'), 1, JSON.stringify(credential)]
    }
  }
  await addRows(data, 'entity', entityColumns, rows())
  return { ...data, clients: [...data.clients, ...added] }
}

/** Revocations of single tokens that live for another day: those a server must ask about at every introspection. */
export const addRevocations = async (data: SeededData, workspace: string, count: number): Promise<void> => {
  const now = Math.floor(Date.now() / 1000)
  const rows = function* (): Iterable<Row> {
    for (let index = 0; index < count; index += 1) {
      const jti = `${randomBytes(5).toString('hex')}.${randomBytes(16).toString('base64url')}`
      yield [workspace, 'token', jti, now, now + 86_400]
    }
  }
  await addRows(data, 'revocation', ['workspace', 'subject', 'value', 'issued_until', 'expires'], rows())
}
