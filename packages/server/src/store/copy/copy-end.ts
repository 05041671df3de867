/** A value of a table of ours: a text or a whole number. */
export type Value = string | number | null

/** A row, its values in the order of its table's columns. */
export type Row = readonly Value[]

/** The values of a row's primary key. */
export type Key = readonly Value[]

/** A table as both databases have it; what one of them adds for itself (a slot) does not show. */
export type CopiedTable = {
  readonly name: string
  /** By their names, in the order of the alphabet. */
  readonly columns: readonly { readonly name: string; readonly type: 'text' | 'integer' }[]
  /** Columns of the primary key, as indexes of `columns`, in the key's order. */
  readonly key: readonly number[]
}

/** A database as a copy sees it: every row of every table, whatever it means. */
export type CopyEnd = {
  /** For people, without what is secret. */
  readonly place: string
  /** Every table there is, read from the schema itself, so that none can be forgotten. */
  readonly tables: () => Promise<readonly CopiedTable[]>
  /**
   * Rows by their keys, in the order of bytes, which is the same in both databases.
   * @param after the key before the first row; undefined: from the start
   * @param until the last key; undefined: to the end
   */
  readonly page: (
    table: CopiedTable,
    after: Key | undefined,
    until: Key | undefined,
    limit: number,
  ) => Promise<readonly Row[]>
  readonly count: (table: CopiedTable) => Promise<number>
  /** The greatest key; undefined in an empty table. */
  readonly lastKey: (table: CopiedTable) => Promise<Key | undefined>
  /** Removes rows and adds others, in one transaction; those to replace are in both lists. */
  readonly apply: (
    table: CopiedTable,
    change: { readonly remove: readonly Key[]; readonly add: readonly Row[] },
  ) => Promise<void>
  readonly readSetting: (name: string) => Promise<string | undefined>
  /** @param value undefined removes it */
  readonly writeSetting: (name: string, value: string | undefined) => Promise<void>
  /** The last number given to an audit event; 0: none. */
  readonly auditSequence: () => Promise<number>
  /** The next audit event gets the number after this one. */
  readonly continueAuditAfter: (sequence: number) => Promise<void>
  /** Takes the database for ourselves until it is closed; false while a server uses it. */
  readonly claim: () => Promise<boolean>
  readonly close: () => Promise<void>
}

/** Settings of one database that are no content: they stay where they are. */
export const ownSettings: readonly string[] = ['checked', 'store-copy', 'store-moved']

/** The key of a row. */
export const keyOf = ({ key }: CopiedTable, row: Row): Key => key.map((index) => row[index] ?? null)
