import { closeSync, openSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { WorkspaceKey } from '../../domain/workspace.ts'
import { followAudit } from '../sql/audit.ts'
import { createListeners, createSqlStore } from '../sql/store.ts'
import { followWorkspace } from '../sql/webhooks.ts'
import { type Entity, type Store, StoreOpenError, type StoreOptions, StoreUnavailableError } from '../store.ts'
import { backupTo } from './backup.ts'
import { openConnection } from './connection.ts'
import { isDamage } from './corruption.ts'
import { queryBuilder } from './dialect.ts'
import { checkEngineVersion } from './engine-version.ts'
import { inspectFile, reasonOf } from './inspect.ts'
import { checkInBackground } from './integrity.ts'
import { type FileLock, lockFile } from './lock.ts'
import { migrate } from './migrate.ts'
import { startWriter } from './writer.ts'

/** Files up to this size, in bytes, are checked whole before the start goes on; larger ones while the server works. */
const defaultStartCheckLimit = 33_554_432
/** How long after the start a large file is checked, in milliseconds: the first requests come first. */
const defaultBackgroundCheckDelay = 5000

export type SqliteOptions = StoreOptions & {
  readonly startCheckLimit?: number
  readonly backgroundCheckDelay?: number
}

const prepare = (file: string): readonly string[] => {
  let connection: DatabaseSync | undefined
  try {
    connection = openConnection(file)
    return migrate(connection, file)
  } catch (cause) {
    if (cause instanceof StoreOpenError) throw cause
    throw new StoreOpenError(`cannot write the database ${file}: ${reasonOf(cause)}`, { cause })
  } finally {
    connection?.close()
  }
}

/** An empty file for a new database, for its owner's eyes only: the log and the index beside it take its mode. */
const createPrivate = (file: string): void => {
  try {
    closeSync(openSync(file, 'a', 0o600))
  } catch (cause) {
    throw new StoreOpenError(`cannot make the database ${file}: ${reasonOf(cause)}`, { cause })
  }
}

const toEntity = (row: Readonly<Record<string, unknown>>): Entity => ({ ...row }) as Entity

const clientReader = (connection: DatabaseSync): Store['configuration']['readClient'] => {
  const client = connection.prepare(
    "SELECT kind, id, parent, revision, body FROM entity WHERE workspace = ? AND kind = 'client' AND parent = '' AND id = ?",
  )
  const credentials = connection.prepare(
    "SELECT kind, id, parent, revision, body FROM entity WHERE workspace = ? AND kind = 'credential' AND parent = ? ORDER BY id",
  )
  return async (workspace, id) => {
    const found = client.get(workspace, id)
    if (found === undefined) return undefined
    return { client: toEntity(found), credentials: credentials.all(workspace, id).map(toEntity) }
  }
}

const secretFinder = (connection: DatabaseSync): Store['configuration']['findSecret'] => {
  // In the words of the index `entity_secret_digest`.
  const credentials = connection.prepare(
    "SELECT workspace, kind, id, parent, revision, body FROM entity WHERE kind = 'credential' AND json_extract(body, '$.hash.digest') = ? ORDER BY workspace, parent, id",
  )
  return async (digest) =>
    credentials.all(digest).map(({ workspace, ...row }) => ({
      workspace: String(workspace) as WorkspaceKey,
      entity: toEntity(row),
    }))
}

/**
 * Whatever a group of the store is asked and cannot answer, it says so in one way.
 * @param failed called with each error that is not a refusal already
 */
const guarded = <T extends object>(group: T, failed: (error: unknown) => void): T =>
  Object.fromEntries(
    Object.entries(group).map(([name, method]) => [
      name,
      async (...args: readonly unknown[]) => {
        try {
          return await (method as (...args: readonly unknown[]) => Promise<unknown>)(...args)
        } catch (cause) {
          if (cause instanceof StoreUnavailableError) throw cause
          failed(cause)
          throw new StoreUnavailableError(reasonOf(cause), { cause })
        }
      },
    ]),
  ) as T

const lockDatabase = (file: string): FileLock => {
  checkEngineVersion(process.versions.sqlite ?? '')
  return lockFile(file)
}

/** @returns the size of the file as it was found, and the names of the migrations applied */
const openFile = (
  file: string,
  lock: FileLock,
  startCheckLimit: number,
): { readonly size: number; readonly applied: readonly string[] } => {
  const { isNew, size } = inspectFile(file, lock.initialized(), startCheckLimit)
  if (isNew) createPrivate(file)
  const applied = prepare(file)
  if (!lock.initialized()) lock.markInitialized()
  return { size, applied }
}

/**
 * Makes or migrates a database file that no process uses.
 * @returns the names of the migrations applied
 * @throws StoreOpenError as `openSqlite`
 */
export const migrateFile = (file: string): readonly string[] => {
  const lock = lockDatabase(file)
  try {
    return openFile(file, lock, defaultStartCheckLimit).applied
  } finally {
    lock.release()
  }
}

/**
 * Opens the SQLite store, making and migrating the file as needed. A damaged one is found at the start when it is small
 * (32 MiB), else by a check in the background.
 * @throws StoreOpenError when it is held by another process, damaged, missing though it was there, newer than this version,
 * or not Mintmark's; nothing was written then
 */
export const openSqlite = async (
  file: string,
  {
    onDamage,
    startCheckLimit = defaultStartCheckLimit,
    backgroundCheckDelay = defaultBackgroundCheckDelay,
  }: SqliteOptions = {},
): Promise<Store> => {
  const lock = lockDatabase(file)
  let reader: DatabaseSync | undefined
  try {
    const { size } = openFile(file, lock, startCheckLimit)
    reader = openConnection(file, { readOnly: true })
    const connection = reader
    let damage: string | undefined
    const damaged = (reason: string): void => {
      if (damage !== undefined) return
      damage = `the database ${file} is damaged (${reason}): restore a backup`
      writer.refuse(damage)
      onDamage?.(damage)
    }
    const writer = startWriter(file, { onDamage: damaged })
    const endCheck = size > startCheckLimit ? checkInBackground(file, backgroundCheckDelay, damaged) : () => {}
    const close = async (): Promise<void> => {
      endCheck()
      // The writer's connection must be the last: it empties the log and removes it.
      await writer.close(() => connection.close())
      lock.release()
    }
    let closed: Promise<void> | undefined
    const database = queryBuilder(connection)
    const store = createSqlStore({
      database,
      write: writer.write,
      appendAudit: writer.appendAudit,
      useOnce: writer.useOnce,
      auditLoad: writer.auditLoad,
      followAudit: (filter, after, limit) => followAudit(database, filter, after, limit),
      followWorkspace: (workspace, after, limit) => followWorkspace(database, workspace, after, limit),
      purgeAudit: (before, limit) => writer.write('purgeAudit', before, limit),
      purgeUsed: (now, limit) => writer.write('purgeUsed', now, limit),
      readClient: clientReader(connection),
      findSecret: secretFinder(connection),
      maintenance: {
        checkWritable: () => writer.write('writeSetting', 'checked', String(process.pid)),
        backup: (target, progress) => backupTo(file, target, progress),
      },
      listeners: createListeners(),
      // The one process that writes knows of every change at once.
      catchUp: () => {},
      tell: () => {},
      leads: () => true,
      contact: () => ({ newsAge: 0, unreachable: false, clockAhead: 0, clockAside: false }),
      close: () => {
        closed ??= close()
        return closed
      },
    })
    const failed = (error: unknown): void => {
      if (isDamage(error)) damaged(reasonOf(error))
    }
    return {
      ...store,
      configuration: guarded(store.configuration, failed),
      changes: guarded(store.changes, failed),
      keys: guarded(store.keys, failed),
      revocations: guarded(store.revocations, failed),
      audit: { ...guarded(store.audit, failed), append: store.audit.append, load: store.audit.load },
      credentialUse: guarded(store.credentialUse, failed),
      idempotency: guarded(store.idempotency, failed),
      singleUse: guarded(store.singleUse, failed),
      settings: guarded(store.settings, failed),
      maintenance: guarded(store.maintenance, failed),
    }
  } catch (error) {
    reader?.close()
    lock.release()
    throw error
  }
}
