import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import pg from 'pg'
import { loadConfig } from '../../src/config/load.ts'
import { startServer } from '../../src/server.ts'
import { migrateStore, openStore } from '../../src/store/stores.ts'
import { runCommand } from '../run-command.ts'
import { runContract } from '../store-contract/contract.ts'
import { sharedPostgres } from './postgres-server.ts'

// The users of deploy/postgres: one migrates, one serves.

const script = (name: string): string =>
  readFileSync(new URL(`../../../../deploy/postgres/${name}`, import.meta.url), 'utf8')

const passwords = { mintmark: 'serving s3cret/1', mintmark_owner: 'migrating s3cret/2' } as const
type User = keyof typeof passwords

const { createDatabase, query } = await sharedPostgres()

const urlFor = (url: string, user: User): string =>
  url.replace('//postgres@', `//${user}:${encodeURIComponent(passwords[user])}@`)

const run = async (url: string, text: string): Promise<pg.QueryResult> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client.query(text).finally(() => client.end())
}

await query('postgres', script('1-roles.sql'))
for (const [user, password] of Object.entries(passwords)) {
  await query('postgres', `ALTER ROLE ${user} PASSWORD '${password}'`)
}

const prepared = await createDatabase()
await query(prepared.name, script('2-database.sql'))

test('a user who serves is told to have somebody else migrate, and changes nothing', async () => {
  await assert.rejects(openStore(urlFor(prepared.url, 'mintmark'), ''), (error: Error) => {
    assert.equal(error.name, 'StoreOpenError')
    assert.match(error.message, /needs to be migrated, and mintmark may not: run mintmark migrate/)
    assert.doesNotMatch(error.message, /s3cret/)
    return true
  })
  const { rows } = await query(
    prepared.name,
    "SELECT count(*)::int AS count FROM pg_tables WHERE schemaname = 'mintmark'",
  )
  assert.equal(rows[0]?.count, 0)
})

test('the migrating user makes the tables; the serving user can neither change nor drop them, nor rewrite the log', async (t) => {
  const applied = await migrateStore(urlFor(prepared.url, 'mintmark_owner'), '')
  assert.equal(applied[0], '0001-foundation.sql')
  await run(urlFor(prepared.url, 'mintmark_owner'), script('3-append-only.sql'))
  assert.deepEqual(await migrateStore(urlFor(prepared.url, 'mintmark_owner'), ''), [])
  const serving = urlFor(prepared.url, 'mintmark')
  const forbidden = [
    'CREATE TABLE t (x INTEGER)',
    'DROP TABLE audit_event_3',
    'ALTER TABLE entity ADD COLUMN x INTEGER',
    'ALTER TABLE audit_event DETACH PARTITION audit_event_3',
    "UPDATE audit_event SET body = 'x'",
    "UPDATE audit_event_3 SET body = 'x'",
    'DELETE FROM revision',
    'INSERT INTO schema_migration (number, name) VALUES (99, $$x$$)',
    'CREATE SCHEMA s',
    'CREATE ROLE r',
    "COPY audit_event TO '/tmp/x'",
  ]
  for (const statement of forbidden) {
    await assert.rejects(run(serving, statement), (error: pg.DatabaseError) => {
      assert.ok(error.code === '42501', `${statement}: ${error.message}`)
      return true
    })
  }
  const { rows } = await run(serving, 'SHOW statement_timeout')
  t.diagnostic(`statement_timeout ${rows[0]?.statement_timeout}`)
  assert.equal(rows[0]?.statement_timeout, '2700ms')
})

test('what only the owner of the tables may do is told in one line, and nothing is changed', async (t) => {
  const { name, url, drop } = await createDatabase(prepared.name)
  t.after(drop)
  const store = urlFor(url, 'mintmark')
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-roles-'))
  const masterKey = 'a'.repeat(64)
  const environment = { MINTMARK_STORE: store, MINTMARK_MASTER_KEY: masterKey, MINTMARK_DATA_DIR: directory }
  const flags = { publicPort: '0', adminPort: '0', logLevel: 'silent' }
  const server = await startServer(loadConfig({ file: undefined, environment, flags }).config)
  await server.close()
  const { code, errors } = await runCommand(['reject-issued-before', 'now'], environment)
  rmSync(directory, { recursive: true })
  assert.equal(code, 1)
  assert.match(
    errors,
    /^mintmark: PostgreSQL \S+ at \S+: mintmark may not do this; do it as the user who owns the tables \(.*\)\n$/,
  )
  const { rows } = await query(name, 'SELECT count(*)::int AS count FROM mintmark.revocation')
  assert.equal(rows[0]?.count, 0)
})

runContract({
  name: 'postgres as the serving user',
  createPlace: async () => {
    const { url, drop } = await createDatabase(prepared.name)
    return {
      open: () => openStore(urlFor(url, 'mintmark'), '', { postgres: { auditRetention: 28 } }),
      remove: drop,
    }
  },
})
