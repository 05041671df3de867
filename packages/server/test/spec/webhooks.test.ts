import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { type AdminServer, startAdminServer } from '../admin-fixture.ts'
import { auditOf } from '../configure.ts'
import { answering, type Received, type Receiver, startReceiver } from '../webhook-receiver.ts'

const workspace = 'acme/cases'
const hour = 3_600_000
const day = 24 * hour

type Options = NonNullable<Parameters<typeof startAdminServer>[1]>

const start = (context: TestContext, options: Options = {}): Promise<AdminServer> =>
  startAdminServer(
    { after: (hook) => context.after(hook) },
    {
      settings: { webhooksAllowed: '127.0.0.1', ...options.settings },
      ...(options.dataDirectory === undefined ? {} : { dataDirectory: options.dataDirectory }),
    },
  )

const create = async (
  server: AdminServer,
  url: string,
  input: Readonly<Record<string, unknown>> = {},
): Promise<string> => {
  const made = await server.call(
    'createWebhook',
    {},
    { input: { id: 'alerts', url, events: ['credential.'], ...input } },
  )
  assert.equal(made.status, 201, made.text)
  assert.match(made.body.secret ?? '', /^whsec_[A-Za-z0-9+/]{43}=$/)
  return made.body.secret ?? ''
}

/** Records an event as the server's own tasks do. */
const happen = async (server: AdminServer, credential: string, type = 'credential.expiring', of = workspace) => {
  const body = JSON.stringify({ type, workspace: of, client: 'cb', credential })
  await server.store.audit.append({ time: server.clock.now(), type, workspace: of, client: 'cb', reference: '', body })
}

const show = async (server: AdminServer) => (await server.call('showWebhook', { webhook: 'alerts' })).body

const credentials = ({ received }: Receiver): readonly unknown[] =>
  received.map(({ message }) => message.data.credential)

/** Whether one of the signatures is by a secret, as another implementation computes it. */
const isSignedBy = (secret: string, { headers, body }: Received): boolean => {
  const at = new Date(Number(headers['webhook-timestamp']) * 1000)
  const expected = new Webhook(secret).sign(headers['webhook-id'] ?? '', at, body)
  return (headers['webhook-signature'] ?? '').split(' ').includes(expected)
}

test('a message is signed so that another implementation of Standard Webhooks takes it', async (context) => {
  const [server, receiver] = [await start(context), await startReceiver(context)]
  const secret = await create(server, receiver.url)
  await happen(server, 'c1')
  await server.deliverWebhooks()
  const [received, ...more] = receiver.received
  assert.ok(received)
  assert.equal(more.length, 0)
  assert.deepEqual(new Webhook(secret).verify(received.body, received.headers), received.message)
  assert.throws(() => new Webhook(secret).verify(`${received.body} `, received.headers))
  assert.equal(received.headers['content-type'], 'application/json')
  const { type, timestamp, data } = received.message
  assert.equal(type, 'credential.expiring')
  assert.ok(Math.abs(Date.parse(timestamp) - server.clock.now()) < 60_000)
  assert.deepEqual(data, { sequence: data.sequence, workspace, client: 'cb', credential: 'c1' })
  assert.deepEqual([(await show(server)).state, (await show(server)).lastOutcome], ['active', '204'])
  await server.deliverWebhooks()
  assert.equal(receiver.received.length, 1)
})

test('a webhook is told what it asked for, of its workspace, from the commit that made it on; not of that, never of issued tokens', async (context) => {
  const [server, receiver] = [await start(context), await startReceiver(context)]
  await happen(server, 'before')
  await create(server, receiver.url, { events: ['credential.expired', 'token.', 'configuration.'] })
  await happen(server, 'c1')
  await happen(server, 'c2', 'credential.expired')
  await happen(server, 'c3', 'credential.expired', 'acme/other')
  await server.token('cb')
  await server.post('/oauth2/token', { grant_type: 'client_credentials' }, server.basic('cb', 'wrong'))
  const changed = await server.call('updateClient', { client: 'cb' }, { input: { displayName: 'Another' } })
  assert.equal(changed.status, 200)
  await server.deliverWebhooks()
  assert.deepEqual(
    receiver.received.map(({ message }) => [
      message.type,
      message.data.credential ?? message.data.revision ?? message.data.check,
    ]),
    [
      ['credential.expired', 'c2'],
      ['token.refused', 'credential-proven'],
      ['configuration.changed', 3],
    ],
  )
  const refused = receiver.received[1]?.message.data
  assert.match(String(refused?.reference), /^\w{10}$/)
  assert.doesNotMatch(receiver.received.map(({ body }) => body).join(), /mmk_|whsec_|"sealed"/)
})

test('two secrets sign during a rotation, and the old one no more after it', async (context) => {
  const [server, receiver] = [await start(context), await startReceiver(context)]
  const first = await create(server, receiver.url)
  const rotated = await server.call('rotateWebhookSecret', { webhook: 'alerts' }, { input: { overlap: 3600 } })
  const second = rotated.body.secret ?? ''
  assert.notEqual(second, first)
  await happen(server, 'c1')
  await server.deliverWebhooks()
  server.clock.advance(2 * hour)
  await happen(server, 'c2')
  await server.deliverWebhooks()
  assert.deepEqual(
    receiver.received.map((received) => [isSignedBy(first, received), isSignedBy(second, received)]),
    [
      [true, true],
      [false, true],
    ],
  )
  for (const secret of [first, second])
    new Webhook(secret).verify(receiver.received[0]?.body ?? '', receiver.received[0]?.headers ?? {})
  for (let count = 0; count < 4; count += 1) {
    await server.call('rotateWebhookSecret', { webhook: 'alerts' }, { input: {} })
  }
  assert.equal((await show(server)).secrets.length, 2, 'never more than two')
  assert.doesNotMatch((await server.call('showWebhook', { webhook: 'alerts' })).text, /whsec_|sealed/)
})

test('what is not taken is tried again with growing pauses under the same id, and the others go on', async (context) => {
  const [server, receiver] = [await start(context), await startReceiver(context)]
  const secret = await create(server, receiver.url)
  receiver.answer = (response, { message }) =>
    answering(message.data.credential === 'c1' ? 500 : 200)(response, undefined as never)
  await happen(server, 'c1')
  await happen(server, 'c2')
  await server.deliverWebhooks()
  await server.deliverWebhooks()
  assert.deepEqual(credentials(receiver), ['c1', 'c2'])
  for (const pause of [4000, 2000, 20_000, 14_000]) {
    server.clock.advance(pause)
    await server.deliverWebhooks()
  }
  assert.deepEqual(credentials(receiver), ['c1', 'c2', 'c1', 'c1'])
  receiver.answer = answering(200)
  server.clock.advance(140_000)
  await server.deliverWebhooks()
  const all = receiver.received.filter(({ message }) => message.data.credential === 'c1')
  assert.equal(new Set(all.map(({ headers }) => headers['webhook-id'])).size, 1)
  assert.equal(
    new Set(all.map(({ headers }) => headers['webhook-timestamp'])).size,
    4,
    'the time is that of the attempt',
  )
  assert.ok(all.every((one) => isSignedBy(secret, one)))
  assert.notEqual(receiver.received[1]?.headers['webhook-id'], all[0]?.headers['webhook-id'])
  server.clock.advance(10 * day)
  await server.deliverWebhooks()
  assert.equal(receiver.received.length, 5)
  assert.equal((await show(server)).waiting, 0)
})

/** Lets time pass in steps, each with a round. */
const pass = async (server: AdminServer, steps: number, step: number): Promise<void> => {
  for (let count = 0; count < steps; count += 1) {
    server.clock.advance(step)
    await server.deliverWebhooks()
  }
}

test('after three days a message is a dead letter, which can be listed and sent again', async (context) => {
  const [server, receiver] = [await start(context), await startReceiver(context)]
  await create(server, receiver.url)
  receiver.answer = answering(503)
  await happen(server, 'c1')
  await happen(server, 'c2')
  await server.deliverWebhooks()
  await pass(server, 60, 2 * hour)
  const tried = receiver.received.length
  assert.equal(tried, 30)
  const { items } = (await server.call('listWebhookMessages', { webhook: 'alerts' })).body
  assert.deepEqual(
    items.map(({ type, attempts, lastOutcome, due }) => [type, attempts, lastOutcome, due]),
    [
      ['credential.expiring', 15, '503', undefined],
      ['credential.expiring', 15, '503', undefined],
    ],
  )
  assert.deepEqual([(await show(server)).dead, (await show(server)).waiting], [2, 0])
  await pass(server, 5, day)
  assert.equal(receiver.received.length, tried)

  receiver.answer = answering(200)
  const place = { webhook: 'alerts' }
  const one = await server.call('resendWebhookMessages', place, { input: { sequences: [items[1]?.sequence] } })
  assert.deepEqual(one.body, { resent: 1 })
  await server.deliverWebhooks()
  assert.deepEqual(credentials(receiver).slice(tried), ['c2'])
  assert.deepEqual((await server.call('resendWebhookMessages', place, { input: {} })).body, { resent: 1 })
  await server.deliverWebhooks()
  assert.deepEqual(credentials(receiver).slice(tried), ['c2', 'c1'])
  assert.deepEqual([(await show(server)).dead, (await show(server)).waiting], [0, 0])
  assert.equal((await server.call('resendWebhookMessages', { webhook: 'none' }, { input: {} })).status, 404)
})

test('a webhook that takes nothing for an hour is failing: in the list, the log and the metrics; then it recovers at once', async (context) => {
  const [server, receiver] = [await start(context), await startReceiver(context)]
  await create(server, receiver.url, { events: ['credential.', 'webhook.'] })
  receiver.answer = answering(500)
  await happen(server, 'c1')
  await server.deliverWebhooks()
  assert.equal((await show(server)).state, 'active')
  await pass(server, 8, 30 * 60_000)
  const failing = await show(server)
  assert.equal(failing.state, 'failing')
  assert.ok(Date.parse(failing.failingSince ?? '') <= server.clock.now() - hour)
  const metrics = await (await fetch(`${server.adminUrl}/metrics`)).text()
  assert.ok(metrics.includes('mintmark_webhooks{state="failing"} 1\n'))
  assert.match(metrics, /mintmark_webhook_deliveries_total\{outcome="failed"\} [5-9]\n/)
  receiver.answer = answering(200)
  await happen(server, 'c2')
  await server.deliverWebhooks()
  await server.deliverWebhooks()
  assert.deepEqual(credentials(receiver).slice(-2), ['c2', 'c1'])
  const events = await auditOf(server.store, { workspace, types: ['webhook.'] })
  assert.deepEqual(
    events.map(({ type, webhook, outcome }) => [type, webhook, outcome]),
    [
      ['webhook.recovered', 'alerts', '200'],
      ['webhook.failing', 'alerts', '500'],
    ],
  )
  assert.ok(
    receiver.received.every(({ message }) => !message.type.startsWith('webhook.')),
    'not told of itself',
  )
})

test('a place that is no more (410) is sent nothing until somebody says so; nothing is lost meanwhile', async (context) => {
  const [server, receiver] = [await start(context), await startReceiver(context)]
  await create(server, receiver.url)
  receiver.answer = answering(410)
  for (const one of ['c1', 'c2', 'c3']) await happen(server, one)
  await server.deliverWebhooks()
  await pass(server, 3, day)
  assert.equal(receiver.received.length, 1)
  assert.equal((await show(server)).state, 'gone')
  assert.equal((await auditOf(server.store, { workspace, types: ['webhook.gone'] })).length, 1)
  receiver.answer = answering(200)
  await server.call('resendWebhookMessages', { webhook: 'alerts' }, { input: {} })
  await server.deliverWebhooks()
  assert.deepEqual(credentials(receiver), ['c1', 'c1', 'c2', 'c3'])
  assert.equal((await show(server)).state, 'active')
  receiver.answer = answering(410)
  await happen(server, 'c4')
  await server.deliverWebhooks()
  receiver.answer = answering(200)
  await server.call('updateWebhook', { webhook: 'alerts' }, { input: { displayName: 'moved' } })
  await server.deliverWebhooks()
  assert.deepEqual(credentials(receiver).slice(4), ['c4', 'c4'])
})

test('a webhook that is disabled waits, and is told later', async (context) => {
  const [server, receiver] = [await start(context), await startReceiver(context)]
  await create(server, receiver.url, { enabled: false })
  await happen(server, 'c1')
  await server.deliverWebhooks()
  assert.equal(receiver.received.length, 0)
  await server.call('updateWebhook', { webhook: 'alerts' }, { input: { enabled: true } })
  await server.deliverWebhooks()
  assert.deepEqual(credentials(receiver), ['c1'])
})

test('one slow receiver holds up nobody', async (context) => {
  const server = await start(context)
  const [slow, quick] = [await startReceiver(context), await startReceiver(context)]
  slow.answer = () => {}
  await create(server, slow.url)
  await create(server, quick.url, { id: 'quick' })
  await happen(server, 'c1')
  const [stuck, told] = [slow.next(), quick.next()]
  const delivering = server.deliverWebhooks()
  await stuck
  assert.equal((await told).message.data.credential, 'c1')
  for (const one of ['c2', 'c3']) {
    const next = quick.next()
    await happen(server, one)
    assert.equal((await next).message.data.credential, one, 'though the slow one still has the first')
  }
  assert.equal(slow.received.length, 1)
  await server.close()
  await delivering
})

test('what was under way when the server ended is sent again, under the same id, and nothing is left out', async (context) => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'mintmark-webhooks-'))
  context.after(() => rmSync(dataDirectory, { recursive: true, force: true }))
  const receiver = await startReceiver(context)
  const first = await start(context, { dataDirectory })
  await create(first, receiver.url)
  receiver.answer = answering(500)
  await happen(first, 'c1')
  await first.deliverWebhooks()
  receiver.answer = () => {}
  const stuck = receiver.next()
  await happen(first, 'c2')
  await happen(first, 'c3')
  const delivering = first.deliverWebhooks()
  await stuck
  await first.close()
  await delivering
  receiver.answer = answering(200)
  const second = await start(context, { dataDirectory })
  second.clock.advance(10_000)
  await second.deliverWebhooks()
  assert.deepEqual(credentials(receiver), ['c1', 'c2', 'c1', 'c2', 'c3'])
  const ids = receiver.received.map(({ headers }) => headers['webhook-id'])
  assert.deepEqual([ids[0], ids[1]], [ids[2], ids[3]])
})

test('what waits is bounded: the rest stays in the log, and all of it arrives', async (context) => {
  const [server, receiver] = [await start(context), await startReceiver(context)]
  await create(server, receiver.url)
  receiver.answer = answering(500)
  const names = Array.from({ length: 130 }, (_, index) => `c${index}`)
  for (const name of names) await happen(server, name)
  for (let round = 0; round < 130; round += 1) await server.deliverWebhooks()
  assert.equal((await show(server)).waiting, 100)
  const tried = receiver.received.length
  receiver.answer = answering(200)
  await pass(server, 3, day)
  assert.deepEqual(new Set(credentials(receiver).slice(tried)), new Set(names))
  assert.equal(receiver.received.length - tried, 130, 'each once')
})

test('a test message is sent once and changes nothing', async (context) => {
  const [server, receiver] = [await start(context), await startReceiver(context)]
  const secret = await create(server, receiver.url)
  const test = () => server.call('testWebhook', { webhook: 'alerts' })
  const done = await test()
  assert.deepEqual([done.body.delivered, done.body.outcome], [true, '204'])
  const [received] = receiver.received
  assert.ok(received !== undefined && isSignedBy(secret, received))
  assert.deepEqual(
    [received.message.type, received.message.data],
    ['webhook.test', { sequence: 0, workspace, webhook: 'alerts' }],
  )
  receiver.answer = answering(500)
  assert.deepEqual([(await test()).body.delivered, (await test()).body.outcome], [false, '500'])
  const after = await show(server)
  assert.deepEqual([after.state, after.waiting, after.lastAttempt], ['active', 0, undefined])
  assert.equal((await server.call('testWebhook', { webhook: 'none' })).status, 404)
})

test('nothing of what a receiver answers is kept or shown but its status', async (context) => {
  const [server, receiver] = [await start(context), await startReceiver(context)]
  await create(server, receiver.url)
  const banner = 'internal-banner-4711'
  receiver.answer = answering(500, { 'x-banner': banner, server: banner }, banner)
  await happen(server, 'c1')
  await server.deliverWebhooks()
  const seen = await Promise.all([
    server.call('showWebhook', { webhook: 'alerts' }),
    server.call('testWebhook', { webhook: 'alerts' }),
    server.call('listWebhookMessages', { webhook: 'alerts' }, { query: { state: 'waiting' } }),
    server.call('listAuditEvents', {}, { query: { workspace } }),
  ])
  assert.doesNotMatch(seen.map(({ text }) => text).join(), new RegExp(banner))
})

test('a redirect is not followed', async (context) => {
  const [server, receiver, other] = [await start(context), await startReceiver(context), await startReceiver(context)]
  await create(server, receiver.url)
  for (const status of [301, 302, 307, 308]) {
    receiver.answer = answering(status, { location: other.url })
    const tested = await server.call('testWebhook', { webhook: 'alerts' })
    assert.deepEqual([tested.body.delivered, tested.body.outcome], [false, String(status)])
  }
  assert.equal(other.received.length, 0)
})

test('an administrator of a tenant reaches no internal address through a webhook', async (context) => {
  const server = await start(context, { settings: { webhooksAllowed: '' } })
  const receiver = await startReceiver(context)
  const port = new URL(receiver.url).port
  const refused = [
    `http://127.0.0.1:${port}/`,
    `http://localhost.example:${port}/`,
    'http://example.com/',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    `https://2130706433:${port}/`,
    'https://0x7f000001/',
    'https://user:password@example.com/',
    'https://example.com/#fragment',
    'ftp://example.com/',
    'file:///etc/passwd',
    'nonsense',
  ]
  for (const url of refused) {
    const made = await server.call('createWebhook', {}, { input: { id: 'alerts', url } })
    assert.equal(made.status, 400, `${url}: ${made.text}`)
  }
  // A name says nothing of where it leads: that is looked at when it is connected to.
  for (const url of [`http://localhost:${port}/`, `https://localhost:${port}/`]) {
    const made = await server.call('createWebhook', {}, { input: { id: 'named', url } })
    assert.equal(made.status, 201, made.text)
    const tested = await server.call('testWebhook', { webhook: 'named' })
    assert.deepEqual([tested.body.delivered, tested.body.outcome], [false, 'unreachable'])
    await server.call('deleteWebhook', { webhook: 'named' })
  }
  assert.equal(receiver.received.length, 0)
})

test('an operator may name a host that webhooks may be at, and no other', async (context) => {
  const server = await start(context, { settings: { webhooksAllowed: 'localhost' } })
  const receiver = await startReceiver(context, 'localhost')
  await create(server, receiver.url)
  assert.equal((await server.call('testWebhook', { webhook: 'alerts' })).body.delivered, true)
  const port = new URL(receiver.url).port
  const made = await server.call('createWebhook', {}, { input: { id: 'other', url: `https://127.0.0.1:${port}/` } })
  assert.equal(made.status, 400)
})

test('events that there are not are refused, and issued tokens', async (context) => {
  const server = await start(context)
  for (const event of [
    'credentials.',
    'credential',
    '*',
    'token.issued',
    'Credential.',
    'credential.*',
    '.',
    'credential.expirring',
  ]) {
    const input = { id: 'alerts', url: 'https://alerts.example/', events: [event] }
    const made = await server.call('createWebhook', {}, { input })
    assert.equal(made.status, 400, event)
  }
})

test('a workspace has at most twenty webhooks, and its own alone', async (context) => {
  const server = await start(context)
  const add = (id: string) => server.call('createWebhook', {}, { input: { id, url: 'https://alerts.example/' } })
  for (let count = 0; count < 20; count += 1) assert.equal((await add(`w${count}`)).status, 201)
  assert.equal((await add('one-more')).status, 409)
  assert.equal((await server.call('listWebhooks')).body.items.length, 20)
  const other = await server.administrator(['read:other', 'write:other'])
  for (const name of ['listWebhooks', 'testWebhook', 'deleteWebhook', 'listWebhookMessages'] as const) {
    assert.equal((await server.call(name, { webhook: 'w0' }, { token: other })).status, 403, name)
  }
  const reader = await server.administrator(['read:acme'])
  assert.equal((await server.call('testWebhook', { webhook: 'w0' }, { token: reader })).status, 403)
})

test('documents, drafts and reverts have webhooks without secrets, and leave those there are', async (context) => {
  const [server, receiver] = [await start(context), await startReceiver(context)]
  const secret = await create(server, receiver.url)
  const exported = await server.call('exportDocument')
  assert.deepEqual(exported.body.webhooks, { alerts: { url: receiver.url, events: ['credential.'] } })
  const apply = (webhooks: unknown) =>
    server.call('applyDocument', {}, { input: { document: { workspace: 'cases', webhooks }, prune: false } })
  assert.equal((await apply(exported.body.webhooks)).body.changes.length, 0)
  const changed = await apply({ alerts: { url: receiver.url, events: ['credential.', 'key.'] } })
  assert.deepEqual(changed.body.secrets, [])
  const added = await apply({ more: { url: 'https://alerts.example/' } })
  assert.deepEqual(
    added.body.secrets.map(({ webhook }) => webhook),
    ['more'],
  )
  const revision = added.body.revision
  await server.call('deleteWebhook', { webhook: 'more' })
  const reverted = await server.call('revertToRevision', { revision: String(revision) }, { input: {} })
  assert.equal(reverted.status, 200, reverted.text)
  assert.deepEqual(
    reverted.body.secrets.map(({ webhook }) => webhook),
    ['more'],
  )
  await happen(server, 'c1')
  await server.deliverWebhooks()
  assert.ok(receiver.received[0] !== undefined && isSignedBy(secret, receiver.received[0]))
  const [rows] = [await server.store.changes.readRevisions(workspace, 0, 100)]
  assert.doesNotMatch(JSON.stringify([rows, changed.text, added.body.changes]), /sealed/)
  const draft = await server.call(
    'createDraft',
    {},
    {
      input: { changes: [{ action: 'delete', kind: 'webhook', id: 'more' }] },
    },
  )
  assert.deepEqual(
    draft.body.changes.map(({ action, kind, id }) => [action, kind, id]),
    [['deleted', 'webhook', 'more']],
  )
})

test('secrets are sealed, and opened under a new master key when the old one is given once', async (context) => {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'mintmark-webhooks-'))
  context.after(() => rmSync(dataDirectory, { recursive: true, force: true }))
  const receiver = await startReceiver(context)
  const [old, fresh] = [1, 2].map((fill) => Buffer.alloc(32, fill).toString('base64'))
  const at = (masterKey = '', previousMasterKey = '') =>
    start(context, { dataDirectory, settings: { masterKey, previousMasterKey } })
  const first = await at(old)
  const secret = await create(first, receiver.url)
  const stored = await first.store.configuration.readEntity(workspace, 'webhook', 'alerts')
  assert.ok(stored !== undefined && !stored.body.includes(secret.slice(6, 20)))
  await first.close()
  const second = await at(fresh, old)
  await second.close()
  const third = await at(fresh)
  await happen(third, 'c1')
  await third.deliverWebhooks()
  assert.ok(receiver.received[0] !== undefined && isSignedBy(secret, receiver.received[0]))
})

test('a webhook that is deleted is forgotten with what it was not told', async (context) => {
  const [server, receiver] = [await start(context), await startReceiver(context)]
  await create(server, receiver.url)
  receiver.answer = answering(500)
  await happen(server, 'c1')
  await server.deliverWebhooks()
  await server.call('deleteWebhook', { webhook: 'alerts' })
  assert.deepEqual(await server.store.webhooks.counts(), [])
  receiver.answer = answering(200)
  await create(server, receiver.url)
  await pass(server, 2, day)
  assert.equal(receiver.received.length, 1, 'the new one of the same name begins anew')
})

test('a webhook that names no events is not told what strangers can bring about as often as they like', async (context) => {
  const [server, receiver] = [await start(context), await startReceiver(context)]
  const made = await server.call('createWebhook', {}, { input: { id: 'alerts', url: receiver.url } })
  assert.equal(made.status, 201, made.text)
  for (let count = 0; count < 3; count += 1) {
    assert.equal((await server.post('/oauth2/client-key-rollover', { rollover: 'x.y.z' })).status, 401)
  }
  await happen(server, 'c1', 'client-key.rolled')
  await happen(server, 'c2', 'client-keys.frozen')
  await server.deliverWebhooks()
  assert.deepEqual(
    receiver.received.map(({ message }) => message.type),
    ['client-key.rolled', 'client-keys.frozen'],
  )
})
