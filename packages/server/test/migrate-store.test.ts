import assert from 'node:assert/strict'
import {
  copyFileSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import type { CopiedTable, CopyEnd } from '../src/store/copy/copy-end.ts'
import { createStoreCopy } from '../src/store/copy/copy-store.ts'
import { moveStore } from '../src/store/copy/move-store.ts'
import { contentOf } from '../src/store/copy/synchronize.ts'
import type { AuditRow } from '../src/store/store.ts'
import { openCopyEnd, openStore } from '../src/store/stores.ts'
import { startTestServer, type TestServer } from './fixtures.ts'
import { sharedPostgres } from './postgres/postgres-server.ts'
import { migratedDatabase } from './postgres/test-store.ts'
import { runCommand } from './run-command.ts'
import { dump } from './upgrade/dump.ts'

const from = 'sqlite:mintmark.sqlite'
/** When the value that counts once is over. */
const usedUntil = Date.now() + 600_000

const emptyDatabase = async (t: TestContext): Promise<string> => {
  const { url, drop } = await (await sharedPostgres()).createDatabase()
  t.after(drop)
  return url
}

const scratch = (t: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-move-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

const move = (dataDirectory: string, to: string, ...more: string[]) =>
  runCommand(['migrate-store', '--from', from, '--to', to, '--data-dir', dataDirectory, '--json', ...more])

const openEnd = async (
  t: TestContext,
  url: string,
  directory: string,
  as: 'source' | 'target' = 'source',
): Promise<CopyEnd> => {
  const end = await openCopyEnd(url, directory, as)
  t.after(end.close)
  return end
}

const contents = async (end: CopyEnd) => {
  const found: Record<string, unknown> = {}
  for (const table of await end.tables()) found[table.name] = await contentOf(end, table)
  return found
}

const event = (time: number, body: object = {}): AuditRow => ({
  time,
  type: 'token.issued',
  workspace: 'acme/cases',
  client: 'cb',
  reference: '',
  body: JSON.stringify(body),
})

/** A server whose tables hold something each, and tokens of it. */
const lively = async (t: TestContext) => {
  const old = await startTestServer(t, { settings: { store: from } })
  const jwt = await old.token('cb')
  const opaque = await old.token('cx', { resource: 'https://api-b.test', scope: 'b:read' })
  const revoked = await old.token('cb')
  await old.post('/oauth2/revoke', { token: revoked }, old.basic('cb'))
  await old.post('/oauth2/token', { grant_type: 'client_credentials', scope: 'unknown' }, old.basic('cb'))
  const { store } = old
  const now = Date.now()
  await store.singleUse.use('digest of an assertion', usedUntil)
  await store.idempotency.save({ key: 'key', request: 'digest', response: '{}', expires: now + 60_000 })
  await store.changes.saveDraft(
    {
      id: 'draft',
      workspace: 'acme/cases',
      base: 1,
      created: now,
      actor: 'system/admin/cli',
      note: 'ü 🪙',
      version: 1,
      operations: '[]',
    },
    [],
  )
  // Of a time long past, and with a character that PostgreSQL does not know.
  await store.audit.append({ ...event(now - 400 * 86_400_000), client: 'a\0b' })
  return { old, jwt, opaque, revoked }
}

const isActive = async (server: TestServer, secrets: TestServer, token: string): Promise<boolean> => {
  const asks = token.startsWith('mmk_') ? 'rsB' : 'rsA'
  const response = await server.post('/oauth2/introspect', { token }, secrets.basic(asks))
  return ((await response.json()) as { active: boolean }).active
}

/** The server that goes on where one ended, at the same address. */
const goOn = (t: TestContext, old: TestServer, store: string): Promise<TestServer> =>
  startTestServer(t, {
    dataDirectory: old.dataDirectory,
    settings: { publicPort: new URL(old.publicUrl).port, store },
  })

test('moved to PostgreSQL and back, a store is what it was: ids, revisions, keys, secrets, tokens and numbers of events', async (t) => {
  const { old, jwt, opaque, revoked } = await lively(t)
  const content = await dump(old.store)
  const jwks = await (await fetch(`${old.issuer}/.well-known/jwks.json`)).json()
  const newest = await old.store.audit.newest()
  await old.close()
  const url = await emptyDatabase(t)

  const moved = await move(old.dataDirectory, url)
  assert.equal(moved.code, 0, moved.errors)
  const { outcome, rows } = moved.answer() as { outcome: string; rows: Record<string, number> }
  assert.equal(outcome, 'moved')
  assert.equal(rows.audit_event, newest)
  const [source, target] = [await openEnd(t, from, old.dataDirectory), await openEnd(t, url, '')]
  assert.deepEqual(await contents(target), await contents(source))
  await Promise.all([source.close(), target.close()])

  const server = await goOn(t, old, url)
  assert.equal(server.issuer, old.issuer)
  assert.deepEqual(await (await fetch(`${server.issuer}/.well-known/jwks.json`)).json(), jwks)
  assert.deepEqual([await isActive(server, old, jwt), await isActive(server, old, opaque)], [true, true])
  assert.equal(await isActive(server, old, revoked), false)
  const response = await server.post('/oauth2/token', { grant_type: 'client_credentials' }, old.basic('cb'))
  assert.equal(response.status, 200)
  assert.equal(await server.store.singleUse.use('digest of an assertion', usedUntil), false)
  const found = await dump(server.store)
  const { events: before } = content
  const after = found.events.filter(({ sequence }) => sequence > newest)
  assert.deepEqual({ ...found, events: before }, content)
  assert.deepEqual(
    found.events.filter(({ sequence }) => sequence <= newest),
    before.map((one) => ({ ...one, client: one.client.replace('\0', '\uFFFD') })),
  )
  assert.ok(after.length > 0 && after.every(({ sequence }) => sequence > newest))
  await server.close()

  const back = 'sqlite:back.sqlite'
  const returned = await runCommand([
    'migrate-store',
    '--from',
    url,
    '--to',
    back,
    '--data-dir',
    old.dataDirectory,
    '--json',
  ])
  assert.equal(returned.code, 0, returned.errors)
  const again = await goOn(t, old, back)
  assert.ok(await isActive(again, old, jwt))
  assert.ok((await again.store.audit.newest()) > newest)
  await again.close()
})

test('a database that was moved is not started by mistake, and half a copy not at all', async (t) => {
  const { old } = await lively(t)
  await old.close()
  const url = await emptyDatabase(t)
  const source = await openEnd(t, from, old.dataDirectory)
  const target = await openEnd(t, url, '', 'target')
  await (await createStoreCopy(source, target)).round()
  await Promise.all([source.close(), target.close()])
  await assert.rejects(openStore(url, ''), /is a copy that is not whole yet/)

  assert.equal((await move(old.dataDirectory, url)).answer().outcome, 'moved')
  await assert.rejects(openStore(from, old.dataDirectory), /was moved to PostgreSQL test_\d+ at .*--reopen/)
  assert.deepEqual((await move(old.dataDirectory, url)).answer().outcome, 'already')
  const elsewhere = await move(old.dataDirectory, await emptyDatabase(t))
  assert.equal(elsewhere.code, 1)
  assert.match(elsewhere.errors, /was moved to PostgreSQL .* already/)

  const reopened = await runCommand(['migrate-store', '--reopen', from, '--data-dir', old.dataDirectory])
  assert.match(reopened.output, /may be used again/)
  await (await openStore(from, old.dataDirectory)).close()
})

test('beside a running server everything is copied, and what it changes until it stops is carried over', async (t) => {
  const { old } = await lively(t)
  const url = await emptyDatabase(t)
  assert.equal((await move(old.dataDirectory, url, '--ahead')).answer().outcome, 'ahead')
  const late = await old.token('cb')

  const source = await openEnd(t, from, old.dataDirectory)
  const target = await openEnd(t, url, '', 'target')
  let latest = ''
  const { outcome } = await moveStore(source, target, {
    ahead: false,
    now: () => new Date(),
    elapsed: () => performance.now(),
    pause: async () => {
      // Everything is copied and the server still runs: it issues, revokes, forgets, and stops.
      if (latest !== '') return
      latest = await old.token('cx')
      await old.post('/oauth2/revoke', { token: late }, old.basic('cb'))
      await old.store.changes.deleteDraft('acme/cases', 'draft', [])
      await old.store.audit.purge(Date.now() - 86_400_000, 1000)
      await old.close()
    },
    tell: () => () => {},
  })
  assert.equal(outcome, 'moved')
  assert.deepEqual(await contents(target), await contents(source))
  await Promise.all([source.close(), target.close()])
  const server = await goOn(t, old, url)
  assert.deepEqual([await isActive(server, old, latest), await isActive(server, old, late)], [true, false])
  assert.deepEqual(await server.store.changes.listDrafts('acme/cases'), [])
})

test('a copy goes on where it was broken off, after any of its writes', async (t) => {
  const { old } = await lively(t)
  await old.close()
  const server = await sharedPostgres()
  for (let writes = 1; ; writes += 1) {
    const { url, drop } = await server.createDatabase(await migratedDatabase())
    t.after(drop)
    const source = await openEnd(t, from, old.dataDirectory)
    const target = await openEnd(t, url, '', 'target')
    let left = writes
    const spend =
      <A extends readonly unknown[]>(write: (...args: A) => Promise<void>) =>
      async (...args: A) => {
        if (left === 0) throw new Error('broken off')
        left -= 1
        await write(...args)
      }
    const breaking: CopyEnd = {
      ...target,
      apply: spend(target.apply),
      writeSetting: spend(target.writeSetting),
      continueAuditAfter: spend(target.continueAuditAfter),
    }
    const options = {
      ahead: false,
      now: () => new Date(),
      elapsed: () => performance.now(),
      pause: async () => {},
      tell: () => () => {},
    }
    const whole = await moveStore(source, breaking, options).then(
      () => true,
      () => false,
    )
    const { outcome } = await moveStore(source, target, options)
    assert.equal(outcome, whole ? 'already' : 'moved', `after ${writes} writes`)
    assert.deepEqual(await contents(target), await contents(source))
    await source.writeSetting('store-moved', undefined)
    await Promise.all([source.close(), target.close()])
    if (whole) break
  }
})

test('a target that holds anything else, another copy under way, or a wrong master key is refused, and nothing is changed', async (t) => {
  const { old } = await lively(t)
  await old.close()
  const refused = async (message: RegExp, code: number, url: string, environment: NodeJS.ProcessEnv = {}) => {
    const result = await runCommand(
      ['migrate-store', '--from', from, '--to', url, '--data-dir', old.dataDirectory],
      environment,
    )
    assert.equal(result.code, code, result.errors)
    assert.match(result.errors, message)
    assert.equal(result.errors.trim().split('\n').length, 1, result.errors)
    await (await openStore(from, old.dataDirectory)).close()
  }
  const used = await emptyDatabase(t)
  const other = await startTestServer(t, { settings: { store: used } })
  await other.close()
  await refused(/holds a Mintmark already/, 1, used)

  const foreign = await emptyDatabase(t)
  await (await sharedPostgres()).query(new URL(foreign).pathname.slice(1), 'CREATE TABLE album (title TEXT)')
  await refused(/tables that are not Mintmark's/, 1, foreign)

  const another = await startTestServer(t, { settings: { store: from } })
  await another.close()
  const half = await emptyDatabase(t)
  const source = await openEnd(t, from, another.dataDirectory)
  const target = await openEnd(t, half, '', 'target')
  await createStoreCopy(source, target)
  await refused(/another copy to .* is under way/, 1, half)
  await Promise.all([source.close(), target.close()])
  await refused(/half-done copy of another store/, 1, half)

  const empty = await emptyDatabase(t)
  const wrong = Buffer.alloc(32, 7).toString('base64')
  await refused(/not the one this store was sealed under/, 78, empty, { MINTMARK_MASTER_KEY: wrong })
  const secret = await runCommand(['migrate-store', '--from', from, '--to', 'postgres://m:s3cret@127.0.0.1/d'])
  assert.equal(secret.code, 2)
  assert.doesNotMatch(secret.errors, /s3cret/)
})

test('a damaged source is refused, and so is one that is missing', async (t) => {
  const { old } = await lively(t)
  await old.close()
  const url = await emptyDatabase(t)
  const file = join(old.dataDirectory, 'mintmark.sqlite')
  const size = statSync(file).size
  const whole = join(scratch(t), 'whole')
  copyFileSync(file, whole)
  const handle = openSync(file, 'r+')
  writeSync(handle, Buffer.alloc(4096, 0xff), 0, 4096, Math.floor(size / 8192) * 4096)
  assert.match((await move(old.dataDirectory, url)).errors, /cannot be used/)
  copyFileSync(whole, file)
  truncateSync(file, size - 1000)
  assert.match((await move(old.dataDirectory, url)).errors, /cannot be used/)
  const empty = scratch(t)
  writeFileSync(join(empty, 'other'), '')
  assert.match((await move(empty, url)).errors, /there is no database/)
})

test('every table of SQLite is one of PostgreSQL with the same columns and key, so that none is forgotten', async (t) => {
  const url = await emptyDatabase(t)
  const [sqlite, postgres] = [await openEnd(t, from, scratch(t), 'target'), await openEnd(t, url, '', 'target')]
  const tables = await sqlite.tables()
  assert.deepEqual(await postgres.tables(), tables)
  assert.ok(tables.length >= 17)
  for (const { name, key, columns } of tables as readonly CopiedTable[]) {
    assert.ok(key.length > 0, name)
    assert.ok(columns.length > 0, name)
  }
})

test('a copy that differs in one value is not taken for whole', async (t) => {
  const { old } = await lively(t)
  await old.close()
  const url = await emptyDatabase(t)
  const source = await openEnd(t, from, old.dataDirectory)
  const target = await openEnd(t, url, '', 'target')
  const copy = await createStoreCopy(source, target)
  await copy.round()
  await copy.verify()
  const database = new URL(url).pathname.slice(1)
  const server = await sharedPostgres()
  await server.query(database, "UPDATE entity SET body = body || ' ' WHERE kind = 'api' AND id = 'api-a'")
  await assert.rejects(copy.verify(), /differs .* in the table entity/)
  await copy.round()
  await copy.verify()
  // An event of the log is compared once, and a missing one is seen and carried over all the same.
  await server.query(database, 'DELETE FROM audit_event WHERE sequence = 2')
  await copy.verify()
  assert.deepEqual(await contents(target), await contents(source))
})

test('the source is read beside its server without being written to', async (t) => {
  const { old } = await lively(t)
  const url = await emptyDatabase(t)
  const file = join(old.dataDirectory, 'mintmark.sqlite')
  const version = (): unknown => {
    const connection = new DatabaseSync(file, { readOnly: true })
    const found = connection.prepare("SELECT count(*) AS marks FROM setting WHERE name LIKE 'store-%'").get()?.marks
    connection.close()
    return found
  }
  await move(old.dataDirectory, url, '--ahead')
  assert.equal(version(), 0)
  await old.token('cb')
})

test('the owner of the tables moves a store, and the user who serves serves it and backs it up', async (t) => {
  const { old, jwt } = await lively(t)
  await old.close()
  const server = await sharedPostgres()
  const { name, url } = await server.createDatabase()
  for (const script of ['1-roles.sql', '2-database.sql']) {
    await server.query(name, readFileSync(new URL(`../../../deploy/postgres/${script}`, import.meta.url), 'utf8'))
  }
  const password = 's3cret'
  for (const user of ['mintmark', 'mintmark_owner']) {
    await server.query(name, `ALTER ROLE ${user} PASSWORD '${password}'`)
  }
  const as = (user: string): string => url.replace('//postgres@', `//${user}@`)
  const environment = { MINTMARK_STORE_PASSWORD: password }
  const run = (...args: string[]) => runCommand([...args, '--data-dir', old.dataDirectory, '--json'], environment)

  const moved = await run('migrate-store', '--from', from, '--to', as('mintmark_owner'))
  assert.equal(moved.code, 0, moved.errors)
  const serving = await startTestServer(t, {
    dataDirectory: old.dataDirectory,
    settings: { publicPort: new URL(old.publicUrl).port, store: as('mintmark'), storePassword: password },
  })
  assert.ok(await isActive(serving, old, jwt))
  const file = join(scratch(t), 'backup.sqlite')
  const backup = await run('backup', file, '--store', as('mintmark'))
  assert.equal(backup.code, 0, backup.errors)
  const busy = await run('reject-issued-before', 'now', '--store', as('mintmark_owner'))
  assert.match(busy.errors, /servers use .*: stop them first/)
  await serving.close()
  const rejected = await run('reject-issued-before', 'now', '--store', as('mintmark_owner'))
  assert.equal(rejected.code, 0, rejected.errors)
})
