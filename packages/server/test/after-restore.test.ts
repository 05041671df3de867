import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { archivingTo, copyRunning, recoverTo } from './postgres/point-in-time.ts'
import { sharedPostgres, startPostgres } from './postgres/postgres-server.ts'
import { migratedDatabase } from './postgres/test-store.ts'
import { assertOnlyNewLives, isActive, kidsOf, presentAssertion, startAgain, startOld } from './restored.ts'
import { runCommand } from './run-command.ts'

const scratch = (t: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-restored-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

const engines = [
  { name: 'SQLite', create: async () => 'sqlite:mintmark.sqlite' },
  {
    name: 'PostgreSQL',
    create: async (t: TestContext) => {
      const { url, drop } = await (await sharedPostgres()).createDatabase(await migratedDatabase())
      t.after(drop)
      return url
    },
  },
] as const

for (const { name, create } of engines) {
  test(`REL-053: on ${name}, a restore that rejects what was issued before leaves nothing of it alive`, async (t) => {
    const [store, careless, strict] = [await create(t), await create(t), await create(t)]
    const it = await startOld(t, store)
    const { dataDirectory } = it.old
    const file = join(scratch(t), 'backup.sqlite')
    const backup = await runCommand(['backup', file, '--store', store, '--data-dir', dataDirectory])
    assert.equal(backup.code, 0, backup.errors)
    const since = await it.goOn()
    await it.old.close()
    const bring = (directory: string): string => {
      for (const one of ['master-key', 'administrator.json']) {
        copyFileSync(join(dataDirectory, one), join(directory, one))
      }
      return directory
    }
    const restore = (directory: string, url: string, ...more: string[]) =>
      runCommand(['restore', file, '--store', url, '--data-dir', directory, '--json', ...more])

    const withoutKey = await restore(scratch(t), strict, '--reject-issued-before', 'now')
    assert.equal(withoutKey.code, 78, 'before anything is changed')
    const directory = bring(scratch(t))
    const done = await restore(directory, strict, '--reject-issued-before', 'now')
    assert.equal(done.code, 0, done.errors)
    assert.ok(Number(done.answer().keysReplaced) >= 3, done.output)

    // A key that was compromised after the backup is good again where nothing is rejected: what its thief can do.
    const other = bring(scratch(t))
    assert.equal((await restore(other, careless)).code, 0)
    const thief = await startAgain(t, it, other, careless)
    assert.deepEqual(await kidsOf(thief.issuer), it.before.kids)
    const replayed = await presentAssertion(thief, since.used)
    assert.equal(replayed.status, 401, 'used assertions are refused after any restore')
    const stolen = await thief.post('/oauth2/token', { grant_type: 'client_credentials' }, it.old.basic('cb'))
    const { access_token: forged } = (await stolen.json()) as { access_token: string }
    await thief.close()

    const server = await startAgain(t, it, directory, strict)
    await assertOnlyNewLives(server, it, since, forged)
    await server.close()
  })
}

test('REL-053: PostgreSQL put back to a point in time, and everything issued before rejected by one command', async (t) => {
  const archive = scratch(t)
  const postgres = await startPostgres({ durable: true, settings: archivingTo(archive) })
  t.after(postgres.close)
  const { url, name } = await postgres.createDatabase()
  const it = await startOld(t, url)
  const base = await copyRunning(postgres, scratch(t))
  const kept = await it.old.token('cb')
  const moment = String((await postgres.query(name, 'SELECT clock_timestamp()::text AS now')).rows[0]?.now)
  const since = await it.goOn()

  const command = ['reject-issued-before', 'now', '--store', url, '--data-dir', it.old.dataDirectory, '--json']
  const running = await runCommand(command)
  assert.equal(running.code, 1)
  assert.match(running.errors, /servers use .*: stop them first/)
  await it.old.close()
  await recoverTo(postgres, { base, archive, database: name, moment })

  // The event after the moment is not there, the one before it is.
  const found = await postgres.query(
    name,
    "SELECT count(*) AS compromised FROM audit_event WHERE type = 'key.compromised'",
  )
  assert.equal(Number(found.rows[0]?.compromised), 0)
  const careless = await startAgain(t, it, it.old.dataDirectory, url)
  assert.ok(await isActive(careless, it.old, kept))
  assert.ok(await isActive(careless, it.old, it.before.jwt), 'a revoked token is alive again')
  const stolen = await careless.post('/oauth2/token', { grant_type: 'client_credentials' }, it.old.basic('cb'))
  const { access_token: forged } = (await stolen.json()) as { access_token: string }
  await careless.close()

  const done = await runCommand(command)
  assert.equal(done.code, 0, done.errors)
  const server = await startAgain(t, it, it.old.dataDirectory, url)
  assert.equal(await isActive(server, it.old, kept), false)
  await assertOnlyNewLives(server, it, since, forged)
})

test('the keys can stay, and then tokens of before are rejected by this server alone', async (t) => {
  const store = 'sqlite:mintmark.sqlite'
  const it = await startOld(t, store)
  await it.old.close()
  const { dataDirectory } = it.old
  const run = (...args: string[]) =>
    runCommand(['reject-issued-before', ...args, '--store', store, '--data-dir', dataDirectory])
  for (const [args, message] of [
    [[], /TIME is missing/],
    [['tomorrow'], /takes now or a time/],
    [['9999-01-01T00:00:00Z'], /in the future/],
  ] as const) {
    const { code, errors } = await run(...args)
    assert.equal(code, 2)
    assert.match(errors, message)
  }
  const done = await run('now', '--keep-keys')
  assert.equal(done.code, 0, done.errors)
  assert.doesNotMatch(done.output, /Every key/)
  const server = await startAgain(t, it, dataDirectory, store)
  assert.deepEqual(await kidsOf(server.issuer), it.before.kids)
  assert.equal(await isActive(server, it.old, it.before.jwt), false)
  await server.close()
})
