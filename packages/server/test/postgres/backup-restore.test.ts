import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openStore } from '../../src/store/stores.ts'
import { startTestServer, type TestServer } from '../fixtures.ts'
import { runCommand } from '../run-command.ts'
import { sharedPostgres, startPostgres } from './postgres-server.ts'
import { startStandby } from './standby.ts'
import { migratedDatabase } from './test-store.ts'

const scratch = (t: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-backup-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

const newDatabase = async (t: TestContext): Promise<string> => {
  const { url, drop } = await (await sharedPostgres()).createDatabase(await migratedDatabase())
  t.after(drop)
  return url
}

const run = (name: string, file: string, store: string, dataDirectory: string, ...more: string[]) =>
  runCommand([name, file, '--store', store, '--data-dir', dataDirectory, ...more])

const isActive = async (server: TestServer, secrets: TestServer, token: string): Promise<boolean> => {
  const response = await server.post('/oauth2/introspect', { token }, secrets.basic('rsA'))
  return ((await response.json()) as { active: boolean }).active
}

test('REL-050: a PostgreSQL store is backed up under load, as of one moment, and restored to either kind of database', async (t) => {
  const store = await newDatabase(t)
  const old = await startTestServer(t, { settings: { store } })
  const token = await old.token('cb')
  const file = join(scratch(t), 'backup.sqlite')
  let stop = false
  const load = Array.from({ length: 4 }, async () => {
    while (!stop) await old.token('cb')
  })
  const before = await old.store.audit.newest()
  const backup = await run('backup', file, store, old.dataDirectory, '--json')
  stop = true
  await Promise.all(load)
  assert.equal(backup.code, 0, backup.errors)
  assert.equal(backup.answer().bytes, statSync(file).size)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(join(file, '..')), ['backup.sqlite'])
  const copy = new DatabaseSync(file, { readOnly: true })
  const kept = Number(copy.prepare('SELECT max(sequence) AS newest FROM audit_event').get()?.newest)
  copy.close()
  assert.ok(kept >= before && kept < (await old.store.audit.newest()), `${kept}`)
  await old.close()

  for (const restored of [await newDatabase(t), 'sqlite:restored.sqlite']) {
    const done = await run('restore', file, restored, old.dataDirectory, '--json')
    assert.equal(done.code, 0, done.errors)
    assert.deepEqual(done.answer().missingFiles, [])
    const server = await startTestServer(t, {
      dataDirectory: old.dataDirectory,
      settings: { publicPort: new URL(old.publicUrl).port, store: restored },
    })
    assert.ok(await isActive(server, old, token))
    const fresh = await server.post('/oauth2/token', { grant_type: 'client_credentials' }, old.basic('cb'))
    assert.equal(fresh.status, 200)
    assert.ok((await server.store.audit.newest()) > kept)
    await server.close()
  }
  assert.ok(!readdirSync(old.dataDirectory).some((name) => name.includes('restoring')))
})

test('a backup of SQLite of an older version is restored to PostgreSQL', async (t) => {
  const directory = scratch(t)
  const backup = join(directory, 'old.sqlite')
  copyFileSync(fileURLToPath(new URL('../fixtures/schema-0001.sqlite', import.meta.url)), backup)
  const bytes = statSync(backup).mtimeMs
  const store = await newDatabase(t)
  const data = join(directory, 'data')
  mkdirSync(data)
  const done = await run('restore', backup, store, data, '--json')
  assert.equal(done.code, 0, done.errors)
  assert.equal(statSync(backup).mtimeMs, bytes)
  const opened = await openStore(store, '')
  t.after(opened.close)
  assert.equal((await opened.configuration.readAll('acme/cases', 'client')).length, 5)
})

test('a restore to a PostgreSQL that holds something, or of what is no sound backup, changes nothing', async (t) => {
  const store = await newDatabase(t)
  const old = await startTestServer(t, { settings: { store } })
  const directory = scratch(t)
  const file = join(directory, 'backup.sqlite')
  await run('backup', file, store, old.dataDirectory)
  await old.close()
  const refused = async (source: string, target: string, message: RegExp, ...more: string[]): Promise<void> => {
    const { code, errors } = await run('restore', source, target, old.dataDirectory, ...more)
    assert.equal(code, 1, errors)
    assert.match(errors, message)
    assert.equal(errors.trim().split('\n').length, 1, errors)
  }
  await refused(file, store, /holds a Mintmark already/)
  await refused(file, store, /restore to a PostgreSQL database that is empty/, '--replace')
  const empty = await newDatabase(t)
  writeFileSync(join(directory, 'damaged'), Buffer.alloc(8192, 7))
  await refused(join(directory, 'damaged'), empty, /cannot restore/)
  await refused(join(directory, 'nothing'), empty, /there is no backup/)
  await run('restore', file, empty, old.dataDirectory)
  await (await openStore(empty, '')).close()
})

test('a database that is still being recovered is left as it is, and whoever makes it safe is told to come again', async (t) => {
  const settings = { wal_level: 'replica', max_wal_senders: '4' }
  const postgres = await startPostgres({ settings })
  t.after(postgres.close)
  const { url, name } = await postgres.createDatabase()
  const server = await startTestServer(t, { settings: { store: url } })
  await server.close()
  const recovering = await startStandby(postgres, { settings: { max_wal_senders: '4' } })
  t.after(recovering.close)
  const place = ['--store', recovering.url(name), '--data-dir', server.dataDirectory]
  const { code, errors } = await runCommand(['reject-issued-before', 'now', ...place])
  assert.equal(code, 1)
  assert.match(errors, /takes no writes \(nothing was changed\): it is a standby, or still being recovered/)
  assert.equal(errors.trim().split('\n').length, 1, errors)
})
