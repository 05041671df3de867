import { openStore } from '../../src/store/stores.ts'
import { sharedPostgres } from '../postgres/postgres-server.ts'
import { migratedDatabase } from '../postgres/test-store.ts'
import { runContract } from './contract.ts'

/**
 * What a migration may do while nodes of the version before go on: it adds tables, indexes, and columns that need not be given
 * (CONTRIBUTING.md, “Migrations”).
 */
const expand = `DO $$
DECLARE
  place TEXT;
BEGIN
  FOR place IN
    SELECT relname FROM pg_class
    WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
  LOOP
    EXECUTE format('ALTER TABLE %I ADD COLUMN of_later_versions TEXT, ADD COLUMN known_later BIGINT NOT NULL DEFAULT 7', place);
    EXECUTE format('CREATE INDEX ON %I (known_later)', place);
  END LOOP;
  CREATE TABLE of_later_versions (id TEXT PRIMARY KEY);
END
$$`

let expanded: Promise<string> | undefined

const expandedDatabase = async (): Promise<string> => {
  const postgres = await sharedPostgres()
  expanded ??= (async () => {
    const { name } = await postgres.createDatabase(await migratedDatabase())
    await postgres.query(name, expand)
    return name
  })()
  return expanded
}

runContract({
  name: 'REL-057: postgres, migrated by a later version',
  createPlace: async () => {
    const { url, drop } = await (await sharedPostgres()).createDatabase(await expandedDatabase())
    return { open: () => openStore(url, '', { postgres: { auditRetention: 28 } }), remove: drop }
  },
})
