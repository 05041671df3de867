import assert from 'node:assert/strict'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { startTestServer, type TestServer } from './fixtures.ts'
import { runCommand } from './run-command.ts'

const scratch = (test: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-backup-'))
  test.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

const run = (...args: readonly string[]) => runCommand(args)

/** A server on restored data, at the address of the one before: the issuer is part of every token. */
const again = (t: TestContext, old: TestServer, dataDirectory: string): Promise<TestServer> =>
  startTestServer(t, { dataDirectory, settings: { publicPort: new URL(old.publicUrl).port } })

/** Whether a token is active, asked by the API it is for, with its credential of before. */
const isActive = async (server: TestServer, old: TestServer, token: string): Promise<boolean> => {
  const asks = token.startsWith('mmk_') ? 'rsB' : 'rsA'
  const response = await server.post('/oauth2/introspect', { token }, old.basic(asks))
  return ((await response.json()) as { active: boolean }).active
}

const integrity = (file: string): unknown => {
  const connection = new DatabaseSync(file, { readOnly: true })
  const found = connection.prepare('PRAGMA integrity_check').get()?.integrity_check
  connection.close()
  return found
}

/** The files that a backup does not hold and a server needs. */
const bring = (names: readonly string[], from: string, to: string): void => {
  mkdirSync(to, { recursive: true, mode: 0o700 })
  for (const name of names) copyFileSync(join(from, name), join(to, name))
}

test('REL-050: a backup taken while tokens are issued holds every event acknowledged before it began', async (t) => {
  const server = await startTestServer(t)
  const file = join(scratch(t), 'backup.sqlite')
  let stop = false
  const load = Array.from({ length: 4 }, async () => {
    while (!stop) await server.token('cb')
  })
  await server.token('cb')
  const before = await server.store.audit.newest()
  const { code, answer } = await run('backup', file, '--data-dir', server.dataDirectory, '--json')
  const during = await server.store.audit.newest()
  stop = true
  await Promise.all(load)
  assert.equal(code, 0)
  assert.deepEqual(answer(), {
    database: join(server.dataDirectory, 'mintmark.sqlite'),
    backup: file,
    bytes: statSync(file).size,
  })
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(integrity(file), 'ok')
  const copy = new DatabaseSync(file, { readOnly: true })
  const { count, newest } = copy
    .prepare('SELECT count(*) AS count, max(sequence) AS newest FROM audit_event')
    .get() as {
    count: number
    newest: number
  }
  copy.close()
  assert.equal(count, newest)
  assert.ok(newest >= before && newest <= during, `${before} ${newest} ${during}`)
  assert.deepEqual(readdirSync(join(file, '..')), ['backup.sqlite'])
})

test('a backup replaces no file, and leaves none when it fails', async (t) => {
  const server = await startTestServer(t)
  const directory = scratch(t)
  const taken = join(directory, 'taken')
  writeFileSync(taken, 'precious')
  const refused = await run('backup', taken, '--data-dir', server.dataDirectory)
  assert.deepEqual([refused.code, refused.errors], [1, `mintmark: ${taken} exists already: choose another name\n`])
  assert.equal(readFileSync(taken, 'utf8'), 'precious')
  const nowhere = await run('backup', join(directory, 'no/such/place'), '--data-dir', server.dataDirectory)
  assert.equal(nowhere.code, 1)
  assert.match(nowhere.errors, /^mintmark: cannot back up to .*\n$/)
  const nothing = await run('backup', join(directory, 'new'), '--data-dir', join(directory, 'empty'))
  assert.equal(nothing.code, 1)
  assert.match(nothing.errors, /there is no database/)
  assert.deepEqual(readdirSync(directory), ['taken'])
})

test('REL-051: restored on an empty machine, the server knows the same clients and its tokens of before', async (t) => {
  const old = await startTestServer(t)
  const jwt = await old.token('cb')
  const opaque = await old.token('cx', { resource: 'https://api-b.test', scope: 'b:read' })
  const jwks = await (await fetch(`${old.issuer}/.well-known/jwks.json`)).json()
  const file = join(scratch(t), 'backup.sqlite')
  await run('backup', file, '--data-dir', old.dataDirectory)
  await old.close()

  const directory = join(scratch(t), 'machine/data')
  const restored = await run('restore', file, '--data-dir', directory, '--json')
  assert.equal(restored.code, 0, restored.errors)
  const report = restored.answer()
  assert.deepEqual(report.missingFiles, ['master-key', 'administrator.json'])
  assert.deepEqual(
    (report.workspaces as readonly Record<string, unknown>[]).find(({ workspace }) => workspace === 'acme/cases'),
    { workspace: 'acme/cases', revision: 1, clients: 5, credentials: 5, apis: 2 },
  )
  bring(['master-key', 'administrator.json'], old.dataDirectory, directory)

  const server = await again(t, old, directory)
  assert.equal(server.issuer, old.issuer)
  assert.deepEqual(await (await fetch(`${server.issuer}/.well-known/jwks.json`)).json(), jwks)
  assert.ok(await isActive(server, old, jwt))
  assert.ok(await isActive(server, old, opaque))
  for (const client of ['cb', 'cx']) {
    const response = await server.post('/oauth2/token', { grant_type: 'client_credentials' }, old.basic(client))
    assert.equal(response.status, 200, client)
  }
})

test('REL-053: a restore can reject every token issued before, and says what a backup cannot know', async (t) => {
  const old = await startTestServer(t)
  const revokedLater = await old.token('cb')
  const file = join(scratch(t), 'backup.sqlite')
  await run('backup', file, '--data-dir', old.dataDirectory)
  const revokedTokens = [revokedLater, await old.token('cx')]
  const response = await old.post('/oauth2/revoke', { token: revokedLater }, old.basic('cb'))
  assert.equal(response.status, 200)
  await old.close()

  const plain = join(scratch(t), 'plain')
  const without = await run('restore', file, '--data-dir', plain)
  assert.match(without.output, /Tokens revoked after that are valid again/)
  assert.match(without.output, /clients disabled or deleted/)
  bring(['master-key', 'administrator.json'], old.dataDirectory, plain)
  const careless = await again(t, old, plain)
  assert.ok(await isActive(careless, old, revokedLater), 'what the report warns of')
  await careless.close()

  const strict = join(scratch(t), 'strict')
  bring(['master-key', 'administrator.json'], old.dataDirectory, strict)
  const restored = await run('restore', file, '--data-dir', strict, '--reject-issued-before', 'now')
  assert.equal(restored.code, 0, restored.errors)
  assert.match(restored.output, /Tokens issued until .* are rejected in every workspace/)
  assert.doesNotMatch(restored.output, /is not there/)
  const server = await again(t, old, strict)
  for (const token of revokedTokens) assert.equal(await isActive(server, old, token), false)
  const fresh = await server.post('/oauth2/token', { grant_type: 'client_credentials' }, old.basic('cb'))
  const { access_token: token } = (await fresh.json()) as { access_token: string }
  assert.ok(await isActive(server, old, token))
  const { events } = await server.store.audit.list({ types: ['token.revoked'] }, Number.MAX_SAFE_INTEGER, 10)
  assert.deepEqual(events.map(({ workspace }) => workspace).toSorted(), ['acme/cases', 'system/admin'])
})

test('a restore beside a running server, over a database, or of what is no sound backup changes nothing', async (t) => {
  const old = await startTestServer(t)
  const directory = scratch(t)
  const file = join(directory, 'backup.sqlite')
  await run('backup', file, '--data-dir', old.dataDirectory)
  const running = await run('restore', file, '--data-dir', old.dataDirectory, '--replace')
  assert.deepEqual([running.code, /another mintmark process uses/.test(running.errors)], [1, true])
  await old.token('cb')
  await old.close()

  const database = join(old.dataDirectory, 'mintmark.sqlite')
  const before = readFileSync(database)
  const refused = async (source: string, message: RegExp, ...more: string[]): Promise<void> => {
    const { code, errors } = await run('restore', source, '--data-dir', old.dataDirectory, ...more)
    assert.equal(code, 1, errors)
    assert.match(errors, message)
    assert.equal(errors.trim().split('\n').length, 1, errors)
    assert.deepEqual(readFileSync(database), before)
  }
  await refused(file, /exists already: --replace moves it aside/)
  await refused(database, /is the database itself/, '--replace')
  await refused(join(directory, 'none'), /there is no backup/, '--replace')
  const damaged = join(directory, 'damaged')
  const bytes = readFileSync(file)
  bytes.fill(0x5a, bytes.length - 6000, bytes.length - 1000)
  writeFileSync(damaged, bytes)
  await refused(damaged, /damaged|cannot restore/, '--replace')
  const text = join(directory, 'text')
  writeFileSync(text, 'not a database at all\n'.repeat(100))
  await refused(text, /cannot restore/, '--replace')
  const empty = join(directory, 'empty')
  writeFileSync(empty, '')
  await refused(empty, /holds no Mintmark database/, '--replace')
  const foreign = join(directory, 'foreign')
  const connection = new DatabaseSync(foreign)
  connection.exec('CREATE TABLE album (title TEXT)')
  connection.close()
  await refused(foreign, /not a Mintmark database/, '--replace')
  const newer = join(directory, 'newer')
  copyFileSync(file, newer)
  const later = new DatabaseSync(newer)
  later.exec('PRAGMA user_version = 9999')
  later.close()
  await refused(newer, /newer Mintmark/, '--replace')
  assert.deepEqual(
    readdirSync(old.dataDirectory).filter((name) => /restor/.test(name)),
    [],
  )

  const done = await run('restore', file, '--data-dir', old.dataDirectory, '--replace', '--json')
  assert.equal(done.code, 0, done.errors)
  assert.deepEqual(readFileSync(String(done.answer().formerDatabase)), before)
})

test('a time to reject tokens until must be a time, and not a future one', async (t) => {
  const directory = scratch(t)
  for (const value of ['yesterday', '2026-13-01T00:00:00Z', '2026-07-01', '9999-01-01T00:00:00Z']) {
    const { code, errors } = await run('restore', 'file', '--data-dir', directory, '--reject-issued-before', value)
    assert.equal(code, 2, value)
    assert.match(errors, /--reject-issued-before/)
  }
})

test('migrate makes a database, says what it did, and does nothing the second time', async (t) => {
  const directory = join(scratch(t), 'data')
  const first = await run('migrate', '--data-dir', directory, '--json')
  assert.ok((first.answer().applied as readonly string[]).includes('0001-foundation.sql'))
  const second = await run('migrate', '--data-dir', directory)
  assert.deepEqual([second.code, second.output], [0, `${join(directory, 'mintmark.sqlite')} is up to date.\n`])
})
