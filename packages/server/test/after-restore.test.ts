import assert from 'node:assert/strict'
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startAdminServer } from './admin-fixture.ts'
import { casesFounding, startTestServer, type TestServer } from './fixtures.ts'
import { archivingTo, copyRunning, recoverTo } from './postgres/point-in-time.ts'
import { sharedPostgres, startPostgres } from './postgres/postgres-server.ts'
import { migratedDatabase } from './postgres/test-store.ts'
import { refusalEvent } from './refusals.ts'
import { runCommand } from './run-command.ts'

const scratch = (t: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-restored-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** An assertion of the client `cj`, made at a time. */
const assertionAt = (issuer: string, milliseconds: number, more: object = {}): string => {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const iat = Math.floor(milliseconds / 1000)
  const claims = { iss: 'cj', sub: 'cj', aud: issuer, jti: randomUUID(), iat, exp: iat + 300, ...more }
  const input = `${encode({ alg: 'ES256', kid: 'k1' })}.${encode(claims)}`
  const signature = sign('sha256', Buffer.from(input), { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

const presentAssertion = (server: TestServer, assertion: string): Promise<Response> =>
  server.post('/oauth2/token', {
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  })

const isActive = async (server: TestServer, secrets: TestServer, token: string): Promise<boolean> => {
  const asks = token.startsWith('mmk_') ? 'rsB' : 'rsA'
  const response = await server.post('/oauth2/introspect', { token }, secrets.basic(asks))
  return ((await response.json()) as { active: boolean }).active
}

const kidsOf = async (issuer: string): Promise<readonly string[]> => {
  const { keys } = (await (await fetch(`${issuer}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] }
  return keys.map(({ kid }) => kid)
}

/** A server with a client that signs assertions, on which things happen before a backup and after it. */
const startOld = async (t: TestContext, store: string) => {
  const old = await startAdminServer(t, { settings: { store } })
  const input = {
    id: 'cj',
    capabilities: ['client_credentials'],
    permissions: casesFounding.clients.cb?.permissions ?? [],
    authenticationMethods: ['private_key_jwt'],
  }
  assert.equal((await old.call('createClient', {}, { input })).status, 201)
  const jwk = { ...key.publicKey.export({ format: 'jwk' }), kid: 'k1' }
  assert.equal((await old.call('createClientKey', { client: 'cj' }, { input: { type: 'key', jwk } })).status, 201)
  const before = {
    jwt: await old.token('cb'),
    opaque: await old.token('cx', { resource: 'https://api-b.test', scope: 'b:read' }),
    kids: await kidsOf(old.issuer),
  }
  const goOn = async () => {
    const response = await old.post('/oauth2/revoke', { token: before.jwt }, old.basic('cb'))
    assert.equal(response.status, 200)
    const [kid = ''] = before.kids
    assert.equal((await old.call('compromiseKey', { kid })).status, 200)
    const later = await old.token('cb')
    const used = assertionAt(old.issuer, old.clock.now())
    assert.equal((await presentAssertion(old, used)).status, 200)
    return { later, used, sequence: await old.store.audit.newest() }
  }
  return { old, before, goOn }
}

type Old = Awaited<ReturnType<typeof startOld>>

const startAgain = (t: TestContext, { old }: Old, dataDirectory: string, store: string): Promise<TestServer> =>
  startTestServer(t, { dataDirectory, settings: { publicPort: new URL(old.publicUrl).port, store } })

/** Whatever was issued or made before the restore is dead on the server, and what is new lives. */
const assertOnlyNewLives = async (
  server: TestServer,
  { old, before }: Old,
  { later, used, sequence }: Awaited<ReturnType<Old['goOn']>>,
  forged: string,
): Promise<void> => {
  for (const token of [before.jwt, before.opaque, later, forged]) {
    assert.equal(await isActive(server, old, token), false)
  }
  const kids = await kidsOf(server.issuer)
  assert.ok(kids.length > 0)
  for (const kid of before.kids) assert.ok(!kids.includes(kid), 'a key of before is published again')

  // What was used and forgotten, and what was made and perhaps used: nobody can tell them from each other.
  const withoutTime = { iat: undefined, exp: Math.floor(server.clock.now() / 1000) + 3000 }
  for (const assertion of [
    used,
    assertionAt(server.issuer, server.clock.now() - 20_000),
    assertionAt(server.issuer, server.clock.now(), withoutTime),
  ]) {
    const refused = await presentAssertion(server, assertion)
    assert.equal((await refusalEvent(server, refused)).check, 'assertion-since-restore')
    assert.deepEqual([refused.status, ((await refused.json()) as { error: string }).error], [401, 'invalid_client'])
  }
  assert.ok((await server.store.audit.newest()) > sequence, 'numbers of events are not given twice')

  // As long as clocks may differ.
  server.clock.advance(17_000)
  const fresh = assertionAt(server.issuer, server.clock.now())
  const issued = await presentAssertion(server, fresh)
  const { access_token: token } = (await issued.json()) as { access_token: string }
  assert.ok(await isActive(server, old, token))
  assert.equal((await refusalEvent(server, await presentAssertion(server, fresh))).check, 'assertion-used-once')
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
