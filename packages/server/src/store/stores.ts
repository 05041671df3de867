import { join, resolve } from 'node:path'
import type { CopyEnd } from './copy/copy-end.ts'
import { assertWhole } from './copy/marks.ts'
import { backupPostgres, restorePostgres } from './portable-backup.ts'
import { describeAddress, readAddress } from './postgres/address.ts'
import { openPostgresEnd } from './postgres/copy-end.ts'
import { migratePostgres, openPostgres } from './postgres/open.ts'
import { backupTo } from './sqlite/backup.ts'
import { openSqliteSource, openSqliteTarget } from './sqlite/copy-end.ts'
import { migrateFile, openSqlite } from './sqlite/open.ts'
import { restoreFrom } from './sqlite/restore.ts'
import { type Store, StoreAddressError, StoreOpenError, type StoreOptions } from './store.ts'

/** Called with the parts done and the parts in all. */
type Progress = (done: number, total: number) => void

/** How a backup is restored. */
export type RestoreOptions = {
  /** Whether a database may be there, which is moved aside. */
  readonly replace: boolean
  /** Names what is moved aside. */
  readonly time: Date
}

/** A kind of database. */
type Engine = {
  readonly scheme: string
  readonly description: string
  readonly open: (place: string, options: StoreOptions) => Promise<Store>
  /** Where a URL of this scheme points, seen from the data directory. */
  readonly locate: (url: string, dataDirectory: string) => string
  /** A place for people, without what is secret. */
  readonly describe: (place: string) => string
  /** @throws StoreAddressError when no database can be meant; opens nothing */
  readonly check: (place: string, options: StoreOptions) => void
  readonly migrate: (place: string, options: StoreOptions) => Promise<readonly string[]>
  /** To copy from, or to. */
  readonly openEnd: (place: string, as: 'source' | 'target', options: StoreOptions) => Promise<CopyEnd>
  readonly backup: (
    place: string,
    target: string,
    options: StoreOptions,
    progress: Progress | undefined,
  ) => Promise<void>
  readonly restore: (
    place: string,
    source: string,
    options: RestoreOptions & StoreOptions & { readonly dataDirectory: string },
    progress: Progress | undefined,
  ) => Promise<string | undefined>
}

/** The databases we know, by the scheme of `MINTMARK_STORE`. */
export const stores: readonly Engine[] = [
  {
    scheme: 'sqlite:',
    description: 'embedded SQLite; a path relative to the data directory, or absolute',
    locate: (url, dataDirectory) => resolve(dataDirectory, url.slice('sqlite:'.length)),
    describe: (file) => file,
    open: openSqlite,
    check: () => {},
    migrate: async (file) => migrateFile(file),
    openEnd: async (file, as) => (as === 'source' ? openSqliteSource(file) : openSqliteTarget(file)),
    backup: (file, target, _options, progress) => backupTo(file, target, progress),
    restore: async (file, source, options) => restoreFrom(file, source, options),
  },
  ...['postgres:', 'postgresql:'].map(
    (scheme): Engine => ({
      scheme,
      description: 'PostgreSQL 15 or newer, for several nodes: postgres://user@host:5432/database',
      locate: (url) => url,
      describe: describeAddress,
      open: openPostgres,
      check: (url, { postgres = {} }) => {
        readAddress(url, postgres)
        if (postgres.listenUrl !== undefined) readAddress(postgres.listenUrl, postgres)
      },
      migrate: (url, { postgres }) => migratePostgres(url, postgres),
      openEnd: (url, as, { postgres }) => openPostgresEnd(url, as, postgres),
      backup: (url, target, { postgres }, progress) => backupPostgres(url, target, postgres, progress),
      restore: async (url, source, { postgres, replace, dataDirectory }, progress) => {
        if (replace) {
          throw new StoreOpenError('--replace moves a file aside: restore to a PostgreSQL database that is empty')
        }
        await restorePostgres(url, source, join(dataDirectory, 'restoring.sqlite'), postgres, progress)
        return undefined
      },
    }),
  ),
]

const find = (url: string, dataDirectory: string): Engine & { readonly place: string } => {
  const engine = stores.find(({ scheme }) => url.startsWith(scheme))
  if (engine === undefined) {
    // Nothing but a scheme is quoted: whatever else it is may have a password in it.
    const scheme = /^[a-z][a-z0-9+.-]*:(?=\/\/)/i.exec(url)?.[0]
    throw new StoreAddressError(
      `${scheme === undefined ? 'the store is no URL' : `no store for ${scheme}//`}: sqlite:FILE or postgres://user@host:5432/database`,
    )
  }
  return { ...engine, place: engine.locate(url, dataDirectory) }
}

/**
 * Opens the store a URL names.
 * @throws StoreOpenError when there is none of that scheme, it cannot be opened, is half a copy, or was moved elsewhere
 */
export const openStore = async (url: string, dataDirectory: string, options: StoreOptions = {}): Promise<Store> => {
  const { open, place, describe } = find(url, dataDirectory)
  const store = await open(place, options)
  try {
    await assertWhole(store.settings, describe(place))
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

/**
 * Opens the database a URL names to copy from or to.
 * @throws StoreOpenError
 */
export const openCopyEnd = (
  url: string,
  dataDirectory: string,
  as: 'source' | 'target',
  options: StoreOptions = {},
): Promise<CopyEnd> => {
  const { openEnd, place } = find(url, dataDirectory)
  return openEnd(place, as, options)
}

/**
 * Checks what names a store, as far as it can be without opening it.
 * @returns what is wrong, undefined when nothing is
 */
export const storeProblem = (url: string, options: StoreOptions = {}): string | undefined => {
  try {
    const { check, place } = find(url, '')
    check(place, options)
    return undefined
  } catch (error) {
    if (error instanceof StoreAddressError) return error.message
    throw error
  }
}

/** Where the store a URL names is kept, for people. */
export const storePlace = (url: string, dataDirectory: string): string => {
  const { describe, place } = find(url, dataDirectory)
  return describe(place)
}

/**
 * Brings the database of a stopped server to this version's schema, making it where there is none.
 * @returns the names of the migrations applied
 * @throws StoreOpenError
 */
export const migrateStore = async (
  url: string,
  dataDirectory: string,
  options: StoreOptions = {},
): Promise<readonly string[]> => {
  const { migrate, place } = find(url, dataDirectory)
  return migrate(place, options)
}

/**
 * Copies the database to a new file, beside a running server or without one.
 * @throws StoreUnavailableError when the file exists or cannot be written, or the database is missing or damaged
 */
export const backupStore = async (
  url: string,
  dataDirectory: string,
  target: string,
  options: StoreOptions = {},
  progress?: Progress,
): Promise<void> => {
  const { backup, place } = find(url, dataDirectory)
  return backup(place, target, options, progress)
}

/**
 * Puts a backup in the place of the database of a stopped server; a file that was there is moved aside, a PostgreSQL
 * database must be empty.
 * @returns where the former database lies now, if there was one
 * @throws StoreOpenError, with nothing changed
 */
export const restoreStore = async (
  url: string,
  dataDirectory: string,
  source: string,
  options: RestoreOptions & StoreOptions,
  progress?: Progress,
): Promise<string | undefined> => {
  const { restore, place } = find(url, dataDirectory)
  return restore(place, source, { ...options, dataDirectory }, progress)
}
