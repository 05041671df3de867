import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../../src/store/stores.ts'
import { sharedPostgres } from '../postgres/postgres-server.ts'
import { migratedDatabase } from '../postgres/test-store.ts'
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

const postgres: Engine = {
  name: 'postgres',
  createPlace: async () => {
    const { url, drop } = await (await sharedPostgres()).createDatabase(await migratedDatabase())
    // Events of a day are kept together.
    return { open: () => openStore(url, '', { postgres: { auditRetention: 28 } }), remove: drop }
  },
}

/** Every store there is: each must keep the whole contract. Where the tests run on PostgreSQL, that one alone. */
export const engines: readonly Engine[] =
  process.env.MINTMARK_TEST_STORE === 'postgres' ? [postgres] : [sqlite, postgres]
