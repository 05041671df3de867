import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import type { Migration } from '../../src/store/migrations.ts'
import { openConnection } from '../../src/store/sqlite/connection.ts'
import { migrate, migrations, schemaVersion } from '../../src/store/sqlite/migrate.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { laterMigrations } from './later-migrations.ts'

const scratch = (test: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-migrate-'))
  test.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

const schemaOf = (connection: DatabaseSync) => ({
  version: schemaVersion(connection),
  tables: connection.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all(),
  rows: connection.prepare('SELECT * FROM added').all(),
})

/** Migrates in a process that is killed at its `step`-th statement, or within a migration where `step` is 0. */
const migrateAndDie = (file: string, step: number): boolean => {
  const here = new URL('../../src/store/sqlite/', import.meta.url).href
  const program = `
    import { openConnection } from '${here}connection.ts'
    import { migrate } from '${here}migrate.ts'
    import { laterMigrations } from '${new URL('./later-migrations.ts', import.meta.url).href}'
    const [file, step] = [process.argv[1], Number(process.argv[2])]
    const die = () => process.kill(process.pid, 'SIGKILL')
    const connection = openConnection(file)
    connection.function('die', die)
    let statement = 0
    const counting = new Proxy(connection, {
      get: (target, name) => {
        if (name === 'exec') return (text) => { statement += 1; if (statement === step) die(); target.exec(text) }
        const value = target[name]
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    migrate(counting, file, laterMigrations(step === 0 ? 'SELECT die();' : ''))
    connection.close()`
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', program, file, String(step)], {
    encoding: 'utf8',
  })
  if (child.signal === 'SIGKILL') return true
  assert.equal(child.status, 0, child.stderr)
  return false
}

test('a new database is brought to the newest schema, and a second time nothing is left to do', (t) => {
  const file = join(scratch(t), 'db.sqlite')
  const connection = openConnection(file)
  t.after(() => connection.close())
  assert.deepEqual(
    migrate(connection, file),
    migrations().map(({ name }) => name),
  )
  assert.deepEqual(migrate(connection, file), [])
  assert.equal(schemaVersion(connection), migrations().length)
})

test('migrations are numbered from 1 without a gap', () => {
  assert.deepEqual(
    migrations().map(({ number }) => number),
    migrations().map((_, index) => index + 1),
  )
})

test('a migration killed at any point has been done or not, and the next start goes on from there', (t) => {
  const reference = openConnection(join(scratch(t), 'reference.sqlite'))
  migrate(reference, 'reference', laterMigrations(''))
  const expected = schemaOf(reference)
  reference.close()
  let killed = 0
  for (let step = 0; ; step += 1) {
    const file = join(scratch(t), 'db.sqlite')
    if (!migrateAndDie(file, step)) break
    killed += 1
    const connection = openConnection(file)
    migrate(connection, file, laterMigrations(''))
    assert.deepEqual(schemaOf(connection), expected, `killed at statement ${step}`)
    assert.equal(connection.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok')
    connection.close()
  }
  assert.ok(killed > 3 * 4, `${killed} points`)
})

test('a migration that fails leaves the database at the schema before it', async (t) => {
  const file = join(scratch(t), 'db.sqlite')
  const connection = openConnection(file)
  const broken = {
    number: 2,
    name: '0002-broken.sql',
    sql: () => 'CREATE TABLE half (x); INSERT INTO nowhere VALUES (1)',
  }
  const known = [migrations()[0] as Migration, broken]
  assert.throws(() => migrate(connection, file, known), /nowhere/)
  assert.equal(schemaVersion(connection), 1)
  assert.equal(connection.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'half'").get()?.n, 0)
  connection.close()
  await (await openSqlite(file)).close()
})
