import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { inspect } from 'node:util'
import { migrateStore, openStore, storePlace } from '../../src/store/stores.ts'
import { authority, issue, serverPurpose } from '../certificates.ts'
import { sharedPostgres, startPostgres, type TestDatabase } from './postgres-server.ts'

const postgres = await sharedPostgres()

const empty = async (t: TestContext): Promise<TestDatabase> => {
  const database = await postgres.createDatabase()
  t.after(database.drop)
  return database
}

const refused = (url: string, reason: RegExp, options = {}): Promise<void> =>
  assert.rejects(openStore(url, '', { postgres: options }), (error: Error) => {
    assert.equal(error.name, 'StoreOpenError')
    assert.match(error.message, reason)
    assert.doesNotMatch(inspect(error, { depth: 9 }), /s3cret/)
    return true
  })

test('nodes that start at once over an empty database migrate it once, and all serve', async (t) => {
  const { url, name } = await empty(t)
  const stores = await Promise.all(
    Array.from({ length: 6 }, () => openStore(url, '', { postgres: { connections: 5 } })),
  )
  const applied = await postgres.query(name, 'SELECT number FROM schema_migration ORDER BY number')
  assert.equal(applied.rows.length, new Set(applied.rows.map(({ number }) => number)).size)
  await Promise.all(stores.map((store, index) => store.settings.write(`node-${index}`, 'served')))
  assert.equal(await stores[0]?.settings.read('node-5'), 'served')
  await Promise.all(stores.map((store) => store.close()))
  assert.deepEqual(await migrateStore(url, ''), [])
})

test('a database of a newer version is refused and not changed', async (t) => {
  const { url, name } = await empty(t)
  await migrateStore(url, '')
  await postgres.query(name, "INSERT INTO schema_migration (number, name) VALUES (9999, '9999-later.sql')")
  await refused(url, /newer Mintmark \(schema 9999, this one knows \d+\)/)
  await assert.rejects(migrateStore(url, ''), /newer Mintmark/)
})

test('a database with tables of somebody else is refused and not changed', async (t) => {
  const { url, name } = await empty(t)
  await postgres.query(name, 'CREATE TABLE theirs (x INTEGER)')
  await refused(url, /tables that are not Mintmark's/)
  const { rows } = await postgres.query(
    name,
    "SELECT count(*)::int AS count FROM pg_tables WHERE schemaname = 'public'",
  )
  assert.equal(rows[0]?.count, 1)
})

test('who cannot be reached, or does not let us in, is named without the password', async (t) => {
  await refused(
    'postgres://mintmark:s3cret@127.0.0.1:1/mintmark',
    /cannot open PostgreSQL mintmark at 127\.0\.0\.1:1: /,
  )
  await postgres.query('postgres', "CREATE ROLE stranger LOGIN PASSWORD 'right'")
  const { url } = await empty(t)
  const stranger = url.replace('//postgres@', '//stranger@')
  await refused(
    stranger,
    /the password of stranger is wrong, or there is no such user: check MINTMARK_STORE_PASSWORD.*authentication failed/,
    { password: 's3cret' },
  )
  await refused(stranger, /it asks for the password of stranger, and none is given: set MINTMARK_STORE_PASSWORD/)
  await refused(stranger, /stranger may not: run mintmark migrate as the user who owns its tables/, {
    password: 'right',
  })
  assert.equal(
    storePlace('postgres://m:s3cret@db.example.com/mintmark', ''),
    'PostgreSQL mintmark at db.example.com:5432',
  )
})

test('what is wrong with a database is told with what to do about it', async (t) => {
  const { url, name } = await empty(t)
  const to = (database: string, user = 'postgres'): string =>
    url.replace(`/${name}`, `/${database}`).replace('//postgres@', `//${user}@`)
  await refused(url.replace(/:\d+\//, ':1/'), /nothing listens there: .* \(connect ECONNREFUSED/)
  await refused('postgres://m@no-such-host.invalid/d?sslmode=verify-full', /nobody knows this host name/)
  await refused('postgres://m@%2Fno%2Fsuch/d', /there is no socket in that folder/)
  await refused(to('none'), /there is no database none: make it \(createdb\)/)
  await refused(`${url}?sslmode=require`, /it does not offer TLS/, { insecure: true })

  await postgres.query('postgres', "CREATE ROLE homeless LOGIN PASSWORD 'h'")
  await postgres.query('postgres', 'ALTER ROLE homeless SET search_path = nowhere')
  await refused(to(name, 'homeless'), /there is no schema for homeless: run deploy\/postgres\/2-database\.sql/, {
    password: 'h',
  })

  await postgres.query(
    'postgres',
    "CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0",
  )
  await refused(to('latin'), /is encoded as LATIN1 \(nothing was changed\)/)
  await postgres.query('postgres', 'DROP DATABASE latin')

  await migrateStore(url, '')
  await postgres.query('postgres', `ALTER DATABASE ${name} SET default_transaction_read_only = on`)
  await refused(
    url,
    /takes no writes, as a standby or by default_transaction_read_only: give the address of the primary/,
  )
})

test('commands that copy an embedded database say what is for PostgreSQL', async (t) => {
  const { url } = await empty(t)
  const store = await openStore(url, '')
  await assert.rejects(store.maintenance.backup('/nowhere'), /pg_dump/)
  await store.close()
})

test('TLS: the certificate of the database is verified, by its CA and by its name, and a connection without TLS is not made', async (t) => {
  const ca = await issue({ subject: 'CN=Database CA', extensions: authority() })
  const other = await issue({ subject: 'CN=Other CA', extensions: authority() })
  const certificate = (host: string) =>
    issue({ subject: `CN=${host}`, names: [{ type: 'dns', value: host }], by: ca, extensions: [serverPurpose] })
  const [right, wrong] = [await certificate('localhost'), await certificate('elsewhere.example')]
  const server = await startPostgres({
    settings: { ssl: 'on' },
    files: {
      'server.crt': right.cert,
      'server.key': right.key,
      // Nobody gets in without TLS, but for the superuser of the tests.
      'pg_hba.conf': 'host all postgres 127.0.0.1/32 trust\nhostssl all mintmark 127.0.0.1/32 scram-sha-256\n',
    },
  })
  t.after(server.close)
  await server.query('postgres', "CREATE ROLE mintmark LOGIN SUPERUSER PASSWORD 's3cret'")
  const files = mkdtempSync(join(tmpdir(), 'mintmark-ca-'))
  t.after(() => rmSync(files, { recursive: true }))
  const fileOf = (name: string, content: string): string => {
    writeFileSync(join(files, name), content)
    return join(files, name)
  }
  const [caFile, otherFile] = [fileOf('ca.pem', ca.cert), fileOf('other.pem', other.cert)]
  const url = (more: string): string => `postgres://mintmark@localhost:${server.port}/postgres${more}`
  const password = 's3cret'

  const store = await openStore(url('?sslmode=verify-full'), '', { postgres: { password, caFile } })
  const { rows } = await server.query(
    'postgres',
    "SELECT count(*)::int AS count, bool_and(ssl) AS encrypted FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'mintmark'",
  )
  assert.deepEqual([rows[0]?.encrypted, rows[0]?.count > 0], [true, true])
  await store.close()

  await refused(url('?sslmode=verify-full'), /certificate|issuer/, { password, caFile: otherFile })
  await refused(url('?sslmode=verify-full'), /certificate/, { password })
  await refused(url('?sslmode=disable'), /no pg_hba.conf entry/, { password })
  await refused(url('?sslmode=require'), /believes anybody/, { password })
  server.writeFile('server.crt', wrong.cert)
  server.writeFile('server.key', wrong.key)
  await server.stop()
  await server.start()
  await refused(url('?sslmode=verify-full'), /altnames|match/, { password, caFile })
  const anyName = await openStore(url('?sslmode=verify-ca'), '', { postgres: { password, caFile } })
  await anyName.close()
})
