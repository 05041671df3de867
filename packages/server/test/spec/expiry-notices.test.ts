import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type AdminServer, startAdminServer } from '../admin-fixture.ts'
import { authority, issue } from '../certificates.ts'
import { auditOf, change } from '../configure.ts'

const day = 86_400_000
const workspace = 'acme/cases'

const start = (context: TestContext, dataDirectory?: string): Promise<AdminServer> =>
  startAdminServer({ after: (hook) => context.after(hook) }, dataDirectory === undefined ? {} : { dataDirectory })

const addSecret = async (server: AdminServer, client: string, milliseconds?: number): Promise<string> => {
  const expires =
    milliseconds === undefined ? {} : { expires: new Date(server.clock.now() + milliseconds).toISOString() }
  const added = await server.call('createSecret', { client }, { input: { type: 'generated', ...expires } })
  assert.equal(added.status, 201, added.text)
  return added.body.id
}

/** Runs the task and returns what it announced, oldest first. */
const announce = async (server: AdminServer): Promise<readonly string[]> => {
  const before = (await auditOf(server.store, { workspace, types: ['credential.'] })).length
  await server.background.runNow('expiry-notices')
  const all = await auditOf(server.store, { workspace, types: ['credential.'] })
  return all
    .slice(0, all.length - before)
    .reverse()
    .map(({ type, credential, within }) => [type, credential, within].filter((one) => one !== undefined).join(' '))
}

test('an end is announced once at each distance, and when it has come', async (context) => {
  const server = await start(context)
  const secret = await addSecret(server, 'cb', 31 * day)
  await addSecret(server, 'cx')
  assert.deepEqual(await announce(server), [])
  const expected: readonly (readonly [number, readonly string[]])[] = [
    [0.5, []],
    [0.6, [`credential.expiring ${secret} 2592000`]],
    [10, []],
    [13, [`credential.expiring ${secret} 604800`]],
    [6, [`credential.expiring ${secret} 86400`]],
    [1, [`credential.expired ${secret}`]],
    [100, []],
  ]
  for (const [days, notices] of expected) {
    server.clock.advance(days * day)
    assert.deepEqual(await announce(server), notices, `after ${days} days`)
    assert.deepEqual(await announce(server), [], 'and not again')
  }
  const [expired, ...before] = await auditOf(server.store, { workspace, types: ['credential.'] })
  assert.equal(expired?.client, 'cb')
  assert.equal(expired.credentialType, 'secret')
  assert.equal(before[0]?.ends, expired.ends)
  assert.doesNotMatch(JSON.stringify([expired, ...before]), /mmk_cs_|digest/)
})

test('nothing is announced twice over restarts, nor by two tasks at once, and what nobody announced in time once', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'mintmark-notices-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  const first = await start(context, directory)
  const secrets = await Promise.all(['cb', 'cp', 'cx'].map((client) => addSecret(first, client, 40 * day)))
  await first.close()

  const second = await start(context, directory)
  second.clock.advance(35 * day)
  const [all, other] = await Promise.all([announce(second), second.background.runNow('expiry-notices')])
  assert.equal(other, true)
  assert.deepEqual(all.toSorted(), secrets.map((id) => `credential.expiring ${id} 604800`).toSorted())
  await second.close()

  const third = await start(context, directory)
  third.clock.advance(35 * day)
  assert.deepEqual(await announce(third), [])
  third.clock.advance(4.5 * day)
  assert.equal((await announce(third)).length, 3)
})

test('a notice that another node wrote meanwhile is not written again', async (context) => {
  const server = await start(context)
  await addSecret(server, 'cb', 40 * day)
  const { endings } = server.store
  const [ending] = await endings.due(workspace, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 10)
  assert.ok(ending)
  const event = { time: 0, type: 'credential.expiring', workspace, client: 'cb', reference: '', body: '{}' }
  const attempt = () => endings.announce([{ ending, announced: 86_400, event }])
  assert.deepEqual((await Promise.all([attempt(), attempt(), attempt()])).flat().toSorted(), [false, false, true])
  assert.equal((await auditOf(server.store, { workspace, types: ['credential.'] })).length, 1)
})

test('who sets an end that is near knows it: only what is nearer is announced', async (context) => {
  const server = await start(context)
  const short = await addSecret(server, 'cx', 2 * day)
  const rotated = await server.call('rotateSecret', { client: 'cb' }, { input: {} })
  const old = rotated.body.ending[0]?.id
  assert.deepEqual(await announce(server), [])
  server.clock.advance(1.1 * day)
  assert.deepEqual((await announce(server)).toSorted(), [
    `credential.expired ${old}`,
    `credential.expiring ${short} 86400`,
  ])
})

test('an end that is moved is announced anew, one of a credential that is gone never', async (context) => {
  const server = await start(context)
  const moved = await addSecret(server, 'cb', 8 * day)
  const gone = await addSecret(server, 'cp', 8 * day)
  server.clock.advance(2 * day)
  assert.equal((await announce(server)).length, 2)
  // As the end of a draining credential is: by a commit.
  const expires = server.clock.now() + 20 * day
  const client = 'cb'
  const found = await server.store.configuration.readClient(workspace, client)
  const body = found?.credentials.find(({ id }) => id === moved)
  assert.ok(body)
  const row = await server.store.configuration.readWorkspaceRow(workspace)
  await server.store.changes.commit(
    {
      workspace,
      validatedAt: row?.revision ?? 0,
      changes: [
        {
          ...body,
          expectedRevision: body.revision,
          body: JSON.stringify({ ...(JSON.parse(body.body) as object), expires }),
          claims: [],
          before: undefined,
          after: undefined,
          endings: [{ part: '', ends: expires, announced: 2_592_000 }],
        },
      ],
      time: server.clock.now(),
      actor: 'test',
      note: '',
      draft: undefined,
      idempotency: undefined,
    },
    [],
  )
  await server.call('deleteSecret', { client: 'cp', secret: gone })
  server.clock.advance(14 * day)
  assert.deepEqual(await announce(server), [`credential.expiring ${moved} 604800`])
})

test('distances are the workspace’s, and new ones hold for what is there', async (context) => {
  const server = await start(context)
  const secret = await addSecret(server, 'cb', 100 * day)
  const input = { expiryNotices: [110 * 86_400, 90 * 86_400, 3600] }
  assert.equal((await server.call('updateWorkspace', {}, { input })).status, 200)
  assert.deepEqual(await announce(server), [`credential.expiring ${secret} ${110 * 86_400}`])
  server.clock.advance(50 * day)
  assert.deepEqual(await announce(server), [`credential.expiring ${secret} ${90 * 86_400}`])
  server.clock.advance(30 * day)
  assert.deepEqual(await announce(server), [])
  await server.call('updateWorkspace', {}, { input: { expiryNotices: [] } })
  server.clock.advance(19.99 * day)
  assert.deepEqual(await announce(server), [])
  server.clock.advance(day)
  assert.deepEqual(await announce(server), [`credential.expired ${secret}`])
})

test('keys, certificates and trust anchors are announced like secrets', async (context) => {
  const server = await start(context)
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const expires = new Date(server.clock.now() + 40 * day).toISOString()
  const key = await server.call(
    'createClientKey',
    { client: 'cb' },
    { input: { type: 'key', jwk: publicKey.export({ format: 'jwk' }), expires } },
  )
  assert.equal(key.status, 201, key.text)
  const anchorCertificate = await issue({ subject: 'CN=Root,O=Acme', extensions: authority(), notAfter: 45 * day })
  const updated = await server.call('updateWorkspace', {}, { input: { trustAnchors: [anchorCertificate.cert] } })
  assert.equal(updated.status, 200, updated.text)
  const listed = (await server.call('listExpiring', {}, { query: { within: 315_360_000 } })).body.items
  const anchor = listed.find(({ credentialType }) => credentialType === 'trust-anchor')
  assert.ok(anchor?.subject)
  assert.deepEqual(listed.find(({ credentialType }) => credentialType === 'key')?.client, 'cb')
  server.clock.advance(Math.max(Date.parse(anchor.ends), Date.parse(expires)) - server.clock.now() + day)
  assert.deepEqual(
    (await announce(server)).toSorted(),
    [`credential.expired ${key.body.id}`, `credential.expired ${anchor.credential}`].toSorted(),
  )
  await server.call('updateWorkspace', {}, { input: { trustAnchors: [] } })
  assert.deepEqual(
    (await server.store.endings.due(workspace, 0, Number.MAX_SAFE_INTEGER, 10)).map(({ part }) => part),
    [''],
  )
})

test('nothing is announced while the clock cannot be believed', async (context) => {
  const server = await start(context)
  await addSecret(server, 'cb', 40 * day)
  server.clock.jump(39 * day)
  assert.equal(await server.background.runNow('expiry-notices'), false)
  assert.deepEqual(await auditOf(server.store, { workspace, types: ['credential.'] }), [])
})

test('the list is in the order of ends, within a time, in pages, and only of the workspace', async (context) => {
  const server = await start(context)
  const ids: string[] = []
  for (const days of [3, 1, 2]) ids[days] = await addSecret(server, 'cb', days * day)
  await addSecret(server, 'cp', 40 * day)
  const read = async (query: Readonly<Record<string, string | number>>) =>
    (await server.call('listExpiring', {}, { query })).body
  const all = await read({})
  assert.deepEqual(
    all.items.map(({ credential }) => credential),
    [ids[1], ids[2], ids[3]],
  )
  assert.deepEqual((await read({ within: 180_000 })).items.length, 2)
  const first = await read({ limit: 2 })
  assert.equal(first.items.length, 2)
  const second = await read({ limit: 2, after: first.next ?? '' })
  assert.deepEqual(
    second.items.map(({ credential }) => credential),
    [ids[3]],
  )
  assert.equal(second.next, undefined)
  const reader = await server.administrator(['read:other'])
  assert.equal((await server.call('listExpiring', {}, { token: reader })).status, 403)
})

test('metrics count what ends within a day, a week and a month, and what was announced', async (context) => {
  const server = await start(context)
  await addSecret(server, 'cb', 40 * day)
  await addSecret(server, 'cb', 50 * day)
  server.clock.advance(36 * day)
  await announce(server)
  const metrics = await (await fetch(`${server.adminUrl}/metrics`)).text()
  for (const line of [
    'mintmark_credentials_expiring{within="1d"} 0',
    'mintmark_credentials_expiring{within="7d"} 1',
    'mintmark_credentials_expiring{within="30d"} 2',
    'mintmark_credential_notices_total{type="credential.expiring"} 2',
  ]) {
    assert.ok(metrics.includes(`${line}\n`), line)
  }
})

test('a new secret or key ends no later than the workspace lets it live', async (context) => {
  const server = await start(context)
  const input = { maximumSecretLifetime: 30 * 86_400, maximumKeyLifetime: 10 * 86_400 }
  await server.call('updateWorkspace', {}, { input })
  const made = await server.call('createSecret', { client: 'cb' }, { input: { type: 'generated' } })
  const lives = Date.parse(made.body.expires ?? '') - Date.parse(made.body.created)
  assert.equal(lives, 30 * day)
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' })
  const tooLong = new Date(server.clock.now() + 11 * day).toISOString()
  const refused = await server.call(
    'createClientKey',
    { client: 'cb' },
    { input: { type: 'key', jwk, expires: tooLong } },
  )
  assert.equal(refused.status, 400)
  const key = await server.call('createClientKey', { client: 'cb' }, { input: { type: 'key', jwk } })
  assert.equal(Date.parse(key.body.expires ?? '') - Date.parse(key.body.created), 10 * day)
})

test('a credential that was there before is announced when it is older than the workspace wants', async (context) => {
  const server = await start(context)
  const old = await addSecret(server, 'cb')
  server.clock.advance(20 * day)
  const ended = await addSecret(server, 'cb', 5 * day)
  await server.call('updateWorkspace', {}, { input: { maximumSecretLifetime: 30 * 86_400 } })
  assert.deepEqual(await announce(server), [])
  const listed = (await server.call('listExpiring')).body.items.filter(({ client }) => client === 'cb')
  assert.deepEqual(listed.map(({ credential, reason }) => [credential, reason]).slice(0, 2), [
    [ended, 'end'],
    [listed[1]?.credential, 'age'],
  ])
  server.clock.advance(11 * day)
  const notices = await announce(server)
  assert.ok(notices.includes(`credential.overdue ${old}`), notices.join())
  assert.deepEqual(await announce(server), [])
  await change({ ...server, workspace }, 'workspace', workspace, { maximumSecretLifetime: undefined })
  await announce(server)
  assert.deepEqual((await server.call('listExpiring')).body.items, [])
})

test('the overlap of a rotation is the workspace’s, unless the rotation says otherwise', async (context) => {
  const server = await start(context)
  await server.call('updateWorkspace', {}, { input: { rotationOverlap: 7200 } })
  const before = server.clock.now()
  const rotated = await server.call('rotateSecret', { client: 'cb' }, { input: {} })
  const end = Date.parse(rotated.body.ending[0]?.expires ?? '')
  assert.ok(end >= before + 7_200_000 && end <= server.clock.now() + 7_200_000)
})
