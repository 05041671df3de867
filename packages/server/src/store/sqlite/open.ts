import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { createSqlStore } from '../sql/store.ts'
import { type Entity, type Store, StoreOpenError, StoreUnavailableError } from '../store.ts'
import { backupTo } from './backup.ts'
import { openConnection } from './connection.ts'
import { queryBuilder } from './dialect.ts'
import { type FileLock, lockFile } from './lock.ts'
import { migrate } from './migrate.ts'
import { startWriter } from './writer.ts'

const refuseDamaged = (file: string, lock: FileLock): void => {
  if (!existsSync(file)) {
    if (lock.initialized()) {
      throw new StoreOpenError(`the database ${file} is gone: restore a backup, or remove its directory to begin anew`)
    }
    return
  }
  if (statSync(file).size === 0 && lock.initialized()) {
    throw new StoreOpenError(`the database ${file} is empty: restore a backup (nothing was changed)`)
  }
}

const prepare = (file: string): readonly string[] => {
  let connection: DatabaseSync | undefined
  try {
    connection = openConnection(file)
    return migrate(connection, file)
  } catch (cause) {
    if (cause instanceof StoreOpenError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new StoreOpenError(`cannot open the database ${file}: ${reason} (nothing was changed)`, { cause })
  } finally {
    connection?.close()
  }
}

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
    return {
      client: found as unknown as Entity,
      credentials: credentials.all(workspace, id) as unknown as readonly Entity[],
    }
  }
}

/** A read that fails is a store that cannot answer now. */
const guarded = <T extends object>(group: T): T =>
  Object.fromEntries(
    Object.entries(group).map(([name, method]) => [
      name,
      async (...args: readonly unknown[]) => {
        try {
          return await (method as (...args: readonly unknown[]) => Promise<unknown>)(...args)
        } catch (cause) {
          if (cause instanceof StoreUnavailableError) throw cause
          throw new StoreUnavailableError(cause instanceof Error ? cause.message : String(cause), { cause })
        }
      },
    ]),
  ) as T

/**
 * Opens the SQLite store, making and migrating the file as needed.
 * @throws StoreOpenError when it is held by another process, damaged, missing though it was there, or newer than this version
 */
export const openSqlite = async (file: string): Promise<Store> => {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new StoreOpenError(`cannot make the data directory ${dirname(file)}: is it writable?`, { cause })
  }
  const lock = lockFile(file)
  try {
    refuseDamaged(file, lock)
    prepare(file)
    if (!lock.initialized()) lock.markInitialized()
    const reader = openConnection(file, { readOnly: true })
    const writer = startWriter(file)
    const store = createSqlStore({
      database: queryBuilder(reader),
      write: writer.write,
      appendAudit: writer.appendAudit,
      readClient: clientReader(reader),
      maintenance: {
        checkWritable: () => writer.write('writeSetting', 'checked', String(process.pid)),
        backup: (target, progress) => backupTo(file, target, progress),
      },
      close: async () => {
        await writer.close()
        reader.close()
        lock.release()
      },
    })
    return { ...store, configuration: guarded(store.configuration), keys: guarded(store.keys) }
  } catch (error) {
    lock.release()
    throw error
  }
}
