import { closeSync, existsSync, openSync } from 'node:fs'
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { type CopiedTable, type CopyEnd, type Key, ownSettings, type Row, type Value } from '../copy/copy-end.ts'
import { StoreHeldError, StoreOpenError } from '../store.ts'
import { openConnection } from './connection.ts'
import { inspectFile } from './inspect.ts'
import { type FileLock, lockFile } from './lock.ts'
import { migrate, migrations, schemaVersion } from './migrate.ts'

const readTables = (connection: DatabaseSync): readonly CopiedTable[] => {
  const names = connection
    .prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    )
    .all()
  return names.map(({ name }) => {
    const found = connection
      .prepare('SELECT name, type, pk FROM pragma_table_info(?) ORDER BY name')
      .all(name as string)
    const inKey = found
      .map(({ pk }, index) => ({ place: Number(pk), index }))
      .filter(({ place }) => place > 0)
      .sort((one, other) => one.place - other.place)
    return {
      name: String(name),
      columns: found.map((column) => ({
        name: String(column.name),
        type: String(column.type) === 'TEXT' ? ('text' as const) : ('integer' as const),
      })),
      key: inKey.map(({ index }) => index),
    }
  })
}

/** PostgreSQL knows no character 0 in a text, and the store for it keeps this in its place. */
const portable = (value: Value): Value =>
  typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value

const list = (parts: readonly string[]): string => `(${parts.join(', ')})`
const places = (count: number): string => list(Array.from({ length: count }, () => '?'))

/** What statements about a table are made of; its name and columns are from the schema, never from outside. */
const wordsFor = ({ name, columns, key }: CopiedTable) => {
  const keyColumns = key.map((index) => columns[index]?.name ?? '')
  const own = ownSettings.map((setting) => `'${setting}'`).join(', ')
  return {
    columns: columns.map((column) => column.name),
    keyColumns,
    from: `FROM ${name}`,
    /** Always true but for settings that stay where they are. */
    content: name === 'setting' ? `name NOT IN (${own})` : 'true',
  }
}

const createEnd = (
  file: string,
  connection: DatabaseSync,
  { claim, writable, close }: Pick<CopyEnd, 'claim' | 'close'> & { readonly writable: () => DatabaseSync },
): CopyEnd => {
  const prepared = new Map<string, StatementSync>()
  const prepare = (on: DatabaseSync, sql: string): StatementSync => {
    const name = `${on === connection} ${sql}`
    const known = prepared.get(name)
    if (known !== undefined) return known
    const statement = on.prepare(sql)
    statement.setReturnArrays(true)
    prepared.set(name, statement)
    return statement
  }
  const read = (sql: string, values: readonly Value[] = []): readonly Row[] =>
    prepare(connection, sql).all(...(values as SQLInputValue[])) as unknown as Row[]
  return {
    place: file,
    tables: async () => readTables(connection),
    page: async (table, after, until, limit) => {
      const { columns, keyColumns, from, content } = wordsFor(table)
      const where = [
        content,
        ...(after === undefined ? [] : [`${list(keyColumns)} > ${places(keyColumns.length)}`]),
        ...(until === undefined ? [] : [`${list(keyColumns)} <= ${places(keyColumns.length)}`]),
      ]
      const sql = `SELECT ${columns.join(', ')} ${from} WHERE ${where.join(' AND ')} ORDER BY ${keyColumns.join(', ')} LIMIT ?`
      return read(sql, [...(after ?? []), ...(until ?? []), limit]).map((row) => row.map(portable))
    },
    count: async (table) => {
      const { from, content } = wordsFor(table)
      return Number(read(`SELECT count(*) ${from} WHERE ${content}`)[0]?.[0])
    },
    lastKey: async (table): Promise<Key | undefined> => {
      const { keyColumns, from, content } = wordsFor(table)
      const order = keyColumns.map((column) => `${column} DESC`).join(', ')
      return read(`SELECT ${keyColumns.join(', ')} ${from} WHERE ${content} ORDER BY ${order} LIMIT 1`)[0]
    },
    apply: async (table, { remove, add }) => {
      const { columns, keyColumns, from } = wordsFor(table)
      const target = writable()
      const removal = prepare(target, `DELETE ${from} WHERE ${list(keyColumns)} = ${places(keyColumns.length)}`)
      const addition = prepare(target, `INSERT INTO ${table.name} ${list(columns)} VALUES ${places(columns.length)}`)
      target.exec('BEGIN IMMEDIATE')
      try {
        for (const key of remove) removal.run(...(key as SQLInputValue[]))
        for (const row of add) addition.run(...(row as SQLInputValue[]))
        target.exec('COMMIT')
      } catch (error) {
        if (target.isTransaction) target.exec('ROLLBACK')
        throw error
      }
    },
    readSetting: async (name) => {
      const value = read('SELECT value FROM setting WHERE name = ?', [name])[0]?.[0]
      return typeof value === 'string' ? value : undefined
    },
    writeSetting: async (name, value) => {
      const target = writable()
      if (value === undefined) target.prepare('DELETE FROM setting WHERE name = ?').run(name)
      else target.prepare('INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)').run(name, value)
    },
    auditSequence: async () => Number(read("SELECT seq FROM sqlite_sequence WHERE name = 'audit_event'")[0]?.[0] ?? 0),
    continueAuditAfter: async (sequence) => {
      const target = writable()
      target.exec('BEGIN IMMEDIATE')
      target.exec("DELETE FROM sqlite_sequence WHERE name = 'audit_event'")
      target.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES ('audit_event', ?)").run(sequence)
      target.exec('COMMIT')
    },
    claim,
    close,
  }
}

/**
 * Opens a database to copy from, beside a running server or without one. Nothing is written to it before it is claimed.
 * @throws StoreOpenError when it is missing, damaged, or not of this version's schema
 */
export const openSqliteSource = (file: string): CopyEnd => {
  if (!existsSync(file)) throw new StoreOpenError(`there is no database ${file}`)
  // Damage that a copy would carry along: the whole file is read.
  inspectFile(file, true, Number.POSITIVE_INFINITY)
  const connection = openConnection(file, { readOnly: true })
  let lock: FileLock | undefined
  let writer: DatabaseSync | undefined
  const version = schemaVersion(connection)
  const newest = migrations().at(-1)?.number
  if (version !== newest) {
    connection.close()
    throw new StoreOpenError(
      `${file} is of an older version (schema ${version}, this one is ${newest}): run mintmark migrate first`,
    )
  }
  return createEnd(file, connection, {
    claim: async () => {
      if (lock !== undefined) return true
      try {
        lock = lockFile(file)
        return true
      } catch (error) {
        if (error instanceof StoreHeldError) return false
        throw error
      }
    },
    writable: () => {
      if (lock === undefined) throw new StoreOpenError(`${file} is not ours to write`)
      writer ??= openConnection(file)
      return writer
    },
    close: async () => {
      if (connection.isOpen) connection.close()
      if (writer?.isOpen) writer.close()
      lock?.release()
      lock = undefined
    },
  })
}

/**
 * Opens a database to copy to, making it where there is none.
 * @throws StoreOpenError when a server uses it, or it cannot be made
 */
export const openSqliteTarget = (file: string): CopyEnd => {
  const lock = lockFile(file)
  try {
    if (inspectFile(file, lock.initialized(), Number.POSITIVE_INFINITY).isNew) closeSync(openSync(file, 'a', 0o600))
    const connection = openConnection(file)
    migrate(connection, file)
    if (!lock.initialized()) lock.markInitialized()
    return createEnd(file, connection, {
      claim: async () => true,
      writable: () => connection,
      close: async () => {
        if (!connection.isOpen) return
        connection.close()
        lock.release()
      },
    })
  } catch (error) {
    lock.release()
    throw error
  }
}
