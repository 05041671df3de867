import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { type CopiedTable, type CopyEnd, ownSettings, type Row } from '../copy/copy-end.ts'
import { type PostgresOptions, StoreOpenError, StoreUnavailableError } from '../store.ts'
import { describeAddress, readAddress } from './address.ts'
import { clientConfig, commit, isRefusal } from './connections.ts'
import { unavailable } from './guard.ts'
import { insufficientPrivilege, migrateDatabase } from './migrate.ts'
import { auditWidth, slotOf, usedValueWidth } from './slots.ts'

/** Tables that are of this kind of database alone: what they hold means nothing elsewhere. */
export const ownTables: readonly string[] = ['schema_migration']

/** Held while somebody copies to a database ("mint" and "copy"). */
const copyLock = 'SELECT pg_try_advisory_lock(1835626100, 1668247673) AS taken'

/** How nodes call themselves, and what we are called meanwhile. */
const nodeName = 'mintmark'
const ownName = 'mintmark copy'
/** How long the sessions of nodes that have ended may still be seen, in milliseconds. */
const sessionsEndWithin = 3000

const readTables = async (client: pg.Client): Promise<readonly CopiedTable[]> => {
  const { rows } = await client.query(
    `SELECT class.relname AS name, attribute.attname AS column, format_type(attribute.atttypid, NULL) AS type,
            array_position(index.indkey::int2[], attribute.attnum) AS place
     FROM pg_class class
     JOIN pg_attribute attribute ON attribute.attrelid = class.oid AND attribute.attnum > 0 AND NOT attribute.attisdropped
     LEFT JOIN pg_index index ON index.indrelid = class.oid AND index.indisprimary
     WHERE class.relkind IN ('r', 'p') AND NOT class.relispartition AND attribute.attname <> 'slot'
       AND class.relnamespace = current_schema()::regnamespace AND class.relname <> ALL ($1)
     ORDER BY class.relname COLLATE "C", attribute.attname COLLATE "C"`,
    [ownTables],
  )
  type Found = { readonly name: string; readonly column: string; readonly type: string; readonly place: number | null }
  return [...Map.groupBy(rows as Found[], ({ name }) => name)].map(([name, columns]) => ({
    name,
    columns: columns.map(({ column, type }) => ({ name: column, type: type === 'text' ? 'text' : 'integer' })),
    key: columns
      .map(({ place }, index) => ({ place, index }))
      .filter(({ place }) => place !== null)
      .sort((one, other) => Number(one.place) - Number(other.place))
      .map(({ index }) => index),
  }))
}

const list = (parts: readonly string[]): string => `(${parts.join(', ')})`

/** What statements about a table are made of; its name and columns are from the schema, never from outside. */
const wordsFor = ({ name, columns, key }: CopiedTable) => {
  const named = key.map((index) => columns[index] ?? { name: '', type: 'text' as const })
  const own = ownSettings.map((setting) => `'${setting}'`).join(', ')
  return {
    columns: columns.map((column) => column.name),
    keyColumns: named.map((column) => column.name),
    keyTypes: named.map(({ type }) => (type === 'text' ? 'text[]' : 'bigint[]')),
    /** Whatever the language of the database, in the order of bytes. */
    order: named.map((column) => (column.type === 'text' ? `${column.name} COLLATE "C"` : column.name)),
    types: columns.map(({ type }) => (type === 'text' ? 'text[]' : 'bigint[]')),
    // The same value in two slots, over at two times, is one value.
    from:
      name === 'used_value'
        ? 'FROM (SELECT digest, max(expires) AS expires FROM used_value GROUP BY digest) AS value'
        : `FROM ${name}`,
    content: name === 'setting' ? `name NOT IN (${own})` : 'true',
  }
}

const numbered = (first: number, count: number): string =>
  list(Array.from({ length: count }, (_, index) => `$${first + index}`))

/** In which slot a row belongs; undefined in a table without slots. */
const slotFor = (table: CopiedTable, auditRetention: number | undefined): ((row: Row) => number) | undefined => {
  const at = (name: string): number => table.columns.findIndex((column) => column.name === name)
  if (table.name === 'audit_event') return (row) => slotOf(Number(row[at('time')]), auditWidth(auditRetention ?? 90))
  if (table.name === 'used_value') return (row) => slotOf(Number(row[at('expires')]), usedValueWidth)
  return undefined
}

/**
 * Opens a database to copy from or to, migrating it as needed. A target is held against other copies.
 * @param as `source`: as it is while nodes use it; `snapshot`: as it is now, whatever they do meanwhile
 * @throws StoreOpenError
 */
export const openPostgresEnd = async (
  url: string,
  as: 'source' | 'snapshot' | 'target',
  options: PostgresOptions = {},
): Promise<CopyEnd> => {
  const address = readAddress(url, options)
  const place = describeAddress(url)
  await migrateDatabase(address, place)
  // A page of a large table, and a table counted, may take longer than a request may.
  const { query_timeout: _, ...config } = clientConfig(address, false)
  const client = new pg.Client({ ...config, application_name: ownName })
  client.on('error', () => {})
  await client.connect()
  const query = async (text: string, values: readonly unknown[] = []): Promise<readonly Row[]> => {
    try {
      return (await client.query({ text, values: [...values], rowMode: 'array' })).rows as Row[]
    } catch (error) {
      if (!isRefusal(error) || error.code !== insufficientPrivilege) throw unavailable(error)
      throw new StoreUnavailableError(
        `${place}: ${address.user} may not do this; do it as the user who owns the tables (${error.message})`,
        { cause: error },
      )
    }
  }
  try {
    await client.query('SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0')
    if (as === 'snapshot') await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    if (as === 'target' && (await query(copyLock))[0]?.[0] !== (true as unknown)) {
      throw new StoreOpenError(`another copy to ${place} is under way`)
    }
    if (as === 'target' && (await query('SHOW transaction_read_only'))[0]?.[0] === 'on') {
      throw new StoreOpenError(
        `${place} takes no writes (nothing was changed): it is a standby, or still being recovered; try again when it does`,
      )
    }
  } catch (error) {
    await client.end()
    throw error
  }

  let closed: Promise<void> | undefined
  const apply: CopyEnd['apply'] = async (table, { remove, add }) => {
    const { columns, keyColumns, keyTypes, types } = wordsFor(table)
    const slot = slotFor(table, options.auditRetention)
    await client.query('BEGIN')
    try {
      if (remove.length > 0) {
        const arrays = keyTypes.map((type, index) => `$${index + 1}::${type}`).join(', ')
        await query(
          `DELETE FROM ${table.name} USING unnest(${arrays}) AS gone ${list(keyColumns)}
           WHERE ${keyColumns.map((column) => `${table.name}.${column} = gone.${column}`).join(' AND ')}`,
          keyColumns.map((_column, index) => remove.map((key) => key[index])),
        )
      }
      if (add.length > 0) {
        const more =
          slot === undefined
            ? { columns: [], types: [], values: [] }
            : { columns: ['slot'], types: ['smallint[]'], values: [add.map(slot)] }
        const arrays = [...types, ...more.types].map((type, index) => `$${index + 1}::${type}`).join(', ')
        await query(
          `INSERT INTO ${table.name} ${list([...columns, ...more.columns])} SELECT * FROM unnest(${arrays})`,
          [...columns.map((_column, index) => add.map((row) => row[index])), ...more.values],
        )
      }
      await commit((text) => client.query(text))
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {})
      throw error
    }
  }

  const writeSetting: CopyEnd['writeSetting'] = async (name, value) => {
    if (value === undefined) await query('DELETE FROM setting WHERE name = $1', [name])
    else
      await query(
        'INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
        [name, value],
      )
  }

  return {
    place,
    tables: () => readTables(client),
    page: async (table, after, until, limit) => {
      const { columns, order, keyColumns, from, content } = wordsFor(table)
      const width = keyColumns.length
      const where = [
        content,
        ...(after === undefined ? [] : [`${list(order)} > ${numbered(1, width)}`]),
        ...(until === undefined ? [] : [`${list(order)} <= ${numbered(1 + (after?.length ?? 0), width)}`]),
      ]
      const values = [...(after ?? []), ...(until ?? []), limit]
      return query(
        `SELECT ${columns.join(', ')} ${from} WHERE ${where.join(' AND ')} ORDER BY ${order.join(', ')} LIMIT $${values.length}`,
        values,
      )
    },
    count: async (table) => {
      const { from, content } = wordsFor(table)
      return Number((await query(`SELECT count(*) ${from} WHERE ${content}`))[0]?.[0])
    },
    lastKey: async (table) => {
      const { keyColumns, order, from, content } = wordsFor(table)
      const descending = order.map((column) => `${column} DESC`).join(', ')
      return (await query(`SELECT ${keyColumns.join(', ')} ${from} WHERE ${content} ORDER BY ${descending} LIMIT 1`))[0]
    },
    apply,
    readSetting: async (name) => {
      const value = (await query('SELECT value FROM setting WHERE name = $1', [name]))[0]?.[0]
      return typeof value === 'string' ? value : undefined
    },
    writeSetting,
    auditSequence: async () => {
      const [found] = await query('SELECT last_value, is_called::int FROM audit_sequence')
      return found?.[1] === 1 ? Number(found[0]) : 0
    },
    continueAuditAfter: async (sequence) => {
      await query("SELECT setval('audit_sequence', $1, $2)", [Math.max(1, sequence), sequence > 0])
    },
    claim: async () => {
      // The sessions of a node that has just ended are gone a moment later.
      for (const deadline = performance.now() + sessionsEndWithin; ; await pause(100)) {
        const [found] = await query(
          'SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1',
          [nodeName],
        )
        if (Number(found?.[0]) === 0) return true
        if (performance.now() > deadline) return false
      }
    },
    close: () => {
      closed ??= client.end()
      return closed
    },
  }
}
