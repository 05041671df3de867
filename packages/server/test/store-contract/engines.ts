import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrateStore, openStore } from '../../src/store/stores.ts'
import { sharedPostgres } from '../postgres/postgres-server.ts'
import type { Engine } from './engine.ts'

const sqlite: Engine = {
  name: 'sqlite',
  createPlace: async () => {
    const directory = mkdtempSync(join(tmpdir(), 'mintmark-store-'))
    return {
      open: () => openStore('sqlite:mintmark.sqlite', directory),
      remove: async () => rmSync(directory, { recursive: true, force: true }),
    }
  },
}

let migrated: Promise<string> | undefined

/** A database with every table, to copy: migrating each anew would take most of a test's time. */
const migratedDatabase = (): Promise<string> => {
  migrated ??= (async () => {
    const { name, url } = await (await sharedPostgres()).createDatabase()
    await migrateStore(url, '')
    return name
  })()
  return migrated
}

const postgres: Engine = {
  name: 'postgres',
  createPlace: async () => {
    const { url, drop } = await (await sharedPostgres()).createDatabase(await migratedDatabase())
    // Events of a day are kept together.
    return { open: () => openStore(url, '', { postgres: { auditRetention: 28 } }), remove: drop }
  },
}

/** Every store there is: each must keep the whole contract. */
export const engines: readonly Engine[] = [sqlite, postgres]
