import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import type { Change, Problem } from '@mintmark/protocol/admin'
import { type Reply, startAdminServer } from '../admin-fixture.ts'
import { auditOf } from '../configure.ts'
import { embeddedOnly } from '../postgres/test-store.ts'

const server = await startAdminServer({ after })
const { call } = server

const grant = { grant_type: 'client_credentials' }
const readsApiA = [{ api: 'api-a', scopes: ['api:read'], defaultScopes: ['api:read'] }]
const problemOf = (reply: Reply): Problem => reply.body as Problem
const revisionNow = async (): Promise<number> =>
  (await server.store.configuration.readWorkspaceRow('acme/cases'))?.revision ?? 0
const makeClient = (id: string) => call('createClient', {}, { input: { id } })
const draft = async (changes: readonly Change[], note = '') => {
  const reply = await call('createDraft', {}, { input: { note, changes } })
  assert.equal(reply.status, 201, reply.text)
  return reply.body
}

test('a draft shows what it would do, does nothing until it is committed, and then all of it at once', async () => {
  const before = await revisionNow()
  const made = await draft(
    [
      // In no order: an API is permitted before it is made.
      { action: 'create', kind: 'client', value: { id: 'batch', permissions: [{ api: 'later', scopes: ['x'] }] } },
      {
        action: 'create',
        kind: 'api',
        value: { id: 'later', audience: 'https://later.test', scopes: [{ name: 'x' }] },
      },
    ],
    'two at once',
  )
  assert.equal(made.base, before)
  assert.deepEqual(
    made.changes.map(({ action, kind, id }) => `${action} ${kind} ${id}`),
    ['created client batch', 'created api later'],
  )
  assert.deepEqual(made.conflicts, [])
  assert.equal((await call('showClient', { client: 'batch' })).status, 404)
  assert.equal(await revisionNow(), before)
  const staged = await call(
    'stageChanges',
    { change: made.id },
    {
      input: {
        changes: [
          { action: 'update', kind: 'client', id: 'batch', value: { displayName: 'Batch' } },
        ] satisfies Change[],
      },
    },
  )
  assert.equal(staged.body.version, 2, staged.text)
  assert.equal(staged.body.steps, 3)
  const listed = await call('listDrafts')
  assert.deepEqual(
    listed.body.items.map(({ id, note }) => [id, note]),
    [[made.id, 'two at once']],
  )
  const committed = await call('commitDraft', { change: made.id })
  assert.equal(committed.status, 200, committed.text)
  assert.equal(committed.body.revision, before + 1)
  assert.equal((await call('showClient', { client: 'batch' })).body.displayName, 'Batch')
  assert.equal((await call('showDraft', { change: made.id })).status, 404)
  assert.equal((await call('commitDraft', { change: made.id })).status, 404)
})

test('a draft is discarded without a trace but its audit events', async () => {
  await makeClient('kept')
  const made = await draft([{ action: 'delete', kind: 'client', id: 'kept' }])
  assert.equal((await call('discardDraft', { change: made.id })).status, 200)
  assert.equal((await call('discardDraft', { change: made.id })).status, 404)
  assert.equal((await call('showClient', { client: 'kept' })).status, 200)
  const events = await auditOf(server.store, { types: ['draft.'] })
  assert.deepEqual(
    events.filter((event) => event.draft === made.id).map(({ type }) => type),
    ['draft.discarded', 'draft.saved'],
  )
})

test('a draft that somebody overtook names the conflict and changes nothing', async () => {
  await makeClient('shared')
  const made = await draft([
    { action: 'update', kind: 'client', id: 'shared', value: { displayName: 'From the draft' } },
    { action: 'create', kind: 'client', value: { id: 'from-draft' } },
  ])
  await call('updateClient', { client: 'shared' }, { input: { displayName: 'From somebody else' } })
  const now = await revisionNow()
  const shown = await call('showDraft', { change: made.id })
  assert.equal(shown.body.current, now)
  assert.deepEqual(shown.body.conflicts, [
    `client shared was changed in revision ${now}, after this change set was begun on ${made.base}`,
  ])
  const refused = await call('commitDraft', { change: made.id })
  assert.equal(refused.status, 409, refused.text)
  assert.deepEqual(problemOf(refused).conflicts, shown.body.conflicts)
  assert.equal(await revisionNow(), now)
  assert.equal((await call('showClient', { client: 'from-draft' })).status, 404)
  assert.equal((await call('showClient', { client: 'shared' })).body.displayName, 'From somebody else')
})

test('a draft of what was deleted or made meanwhile is refused, and one of something else is not', async () => {
  for (const id of ['gone', 'other']) await makeClient(id)
  const onGone = await draft([{ action: 'update', kind: 'client', id: 'gone', value: { displayName: 'x' } }])
  const onNew = await draft([{ action: 'create', kind: 'client', value: { id: 'new' } }])
  const onOther = await draft([{ action: 'update', kind: 'client', id: 'other', value: { displayName: 'x' } }])
  await call('deleteClient', { client: 'gone' })
  await makeClient('new')
  const gone = await call('commitDraft', { change: onGone.id })
  assert.match(gone.text, /lient gone does not exist/)
  assert.ok(gone.status === 404 || gone.status === 409)
  const exists = await call('commitDraft', { change: onNew.id })
  assert.equal(exists.status, 409)
  assert.match(exists.text, /client new exists already/)
  assert.equal((await call('commitDraft', { change: onOther.id })).status, 200)
})

test('a draft may take a reference away and what it refers to with it', async () => {
  await call('createApi', {}, { input: { id: 'old', audience: 'https://old.test', scopes: [{ name: 'o' }] } })
  await call('createClient', {}, { input: { id: 'user', permissions: [{ api: 'old', scopes: ['o'] }] } })
  const remove = { action: 'delete', kind: 'api', id: 'old' } as const
  assert.equal((await call('createDraft', {}, { input: { changes: [remove] } })).status, 409)
  const made = await draft([remove, { action: 'update', kind: 'client', id: 'user', value: { permissions: [] } }])
  assert.equal((await call('commitDraft', { change: made.id })).status, 200)
  assert.equal((await call('showApi', { api: 'old' })).status, 404)
})

test('a draft with secrets holds no secret, needs the scope for it, and shows what it made when committed', async () => {
  await call(
    'createClient',
    {},
    { input: { id: 'drafted', capabilities: ['client_credentials'], permissions: readsApiA } },
  )
  const made = await draft([
    { action: 'create', kind: 'secret', client: 'drafted', value: { type: 'generated' } },
    { action: 'create', kind: 'secret', client: 'drafted', value: { type: 'chosen', value: 'drafted-secret' } },
  ])
  const [row] = await server.store.changes
    .listDrafts('acme/cases')
    .then((rows) => rows.filter(({ id }) => id === made.id))
  assert.ok(!row?.operations.includes('drafted-secret'))
  assert.ok(!JSON.stringify(made).includes('phc'))
  const writer = await server.administrator(['read', 'write'])
  assert.equal((await call('commitDraft', { change: made.id }, { token: writer })).status, 403)
  const secretless = await call(
    'createDraft',
    {},
    {
      token: writer,
      input: { changes: [{ action: 'create', kind: 'secret', client: 'drafted', value: { type: 'generated' } }] },
    },
  )
  assert.equal(secretless.status, 403)
  const { body } = await call('commitDraft', { change: made.id })
  assert.equal(body.secrets.length, 1)
  for (const secret of [body.secrets[0]?.secret ?? '', 'drafted-secret']) {
    assert.equal((await server.post('/oauth2/token', grant, server.basic('drafted', secret))).status, 200)
  }
})

test('SEC-217: of two edits made on the same version the second is refused, and nothing is lost', async () => {
  const { body } = await makeClient('edited')
  const ifMatch = { 'if-match': `"${body.revision}"` }
  const first = await call('updateClient', { client: 'edited' }, { input: { displayName: 'first' }, headers: ifMatch })
  assert.equal(first.status, 200)
  const second = await call(
    'updateClient',
    { client: 'edited' },
    { input: { displayName: 'second' }, headers: ifMatch },
  )
  assert.equal(second.status, 412, second.text)
  assert.equal(problemOf(second).type, 'urn:mintmark:problem:stale')
  assert.equal((await call('showClient', { client: 'edited' })).body.displayName, 'first')
  for (const tag of ['"x"', 'W/"1"', '"1", "2"', '1']) {
    const reply = await call('deleteClient', { client: 'edited' }, { headers: { 'if-match': tag } })
    assert.equal(reply.status, 412, tag)
  }
  const fresh = first.headers.get('etag') ?? ''
  assert.equal((await call('deleteClient', { client: 'edited' }, { headers: { 'if-match': fresh } })).status, 200)
  const { body: api } = await call('showApi', { api: 'api-a' })
  const old = { 'if-match': `"${api.revision + 1}"` }
  assert.equal((await call('updateApi', { api: 'api-a' }, { input: { displayName: 'x' }, headers: old })).status, 412)
  assert.equal(
    (await call('updateWorkspace', {}, { input: { displayName: 'x' }, headers: { 'if-match': '"9999"' } })).status,
    412,
  )
})

test('SEC-217: edits of different things at the same moment all succeed', async () => {
  const before = await revisionNow()
  const replies = await Promise.all(
    Array.from({ length: 12 }, (_, index) => call('createClient', {}, { input: { id: `at-once-${index}` } })),
  )
  assert.deepEqual([...new Set(replies.map(({ status }) => status))], [201])
  assert.equal(await revisionNow(), before + 12)
  const same = await Promise.all(Array.from({ length: 6 }, () => makeClient('only-one')))
  assert.deepEqual(same.map(({ status }) => status).sort(), [201, 409, 409, 409, 409, 409])
})

test('SEC-223: the same idempotency key acts once and answers the same, also with a secret in it', async () => {
  const input = { capabilities: ['client_credentials'], permissions: readsApiA, secret: { type: 'generated' } }
  const headers = { 'idempotency-key': 'create-1' }
  const before = await revisionNow()
  const first = await call('createClient', {}, { input, headers })
  const second = await call('createClient', {}, { input, headers })
  assert.equal(first.status, 201, first.text)
  assert.equal(second.status, 201)
  assert.deepEqual(second.body, first.body)
  assert.equal(second.headers.get('etag'), first.headers.get('etag'))
  assert.equal(await revisionNow(), before + 1)
  const other = await call('createClient', {}, { input: { ...input, displayName: 'other' }, headers })
  assert.equal(other.status, 422, other.text)
  const rotate = { headers: { 'idempotency-key': 'rotate-1' }, input: { overlap: 60 } }
  const [one, two] = await Promise.all([
    call('rotateSecret', { client: first.body.id }, rotate),
    call('rotateSecret', { client: first.body.id }, rotate),
  ])
  assert.deepEqual(one.body, two.body)
  assert.equal((await call('listSecrets', { client: first.body.id })).body.items.length, 2)
  const token = await server.administrator(['read', 'write', 'secrets'])
  const theirs = await call('createClient', {}, { input, headers, token })
  assert.equal(theirs.status, 201)
  assert.notEqual(theirs.body.id, first.body.id, 'keys are each administrator’s own')
})

test('SEC-223: the kept answer is sealed: the database holds no secret of it', { skip: embeddedOnly }, async () => {
  const headers = { 'idempotency-key': 'sealed-1' }
  const { body } = await call('createClient', {}, { input: { secret: { type: 'generated' } }, headers })
  const database = new DatabaseSync(join(server.dataDirectory, 'mintmark.sqlite'), { readOnly: true })
  const rows = JSON.stringify(database.prepare('SELECT * FROM idempotency').all())
  database.close()
  assert.ok(rows.length > 100)
  assert.ok(!rows.includes(body.secret?.secret ?? '-'))
  assert.ok(!rows.includes(body.id))
})

test('SEC-223: a kept answer that the master key no longer opens is a conflict, and nothing is done twice', {
  skip: embeddedOnly,
}, async () => {
  const headers = { 'idempotency-key': 'other-master-key-1' }
  const input = { secret: { type: 'generated' } }
  assert.equal((await call('createClient', {}, { input, headers })).status, 201)
  const database = new DatabaseSync(join(server.dataDirectory, 'mintmark.sqlite'))
  const damaged = database.prepare("UPDATE idempotency SET response = 'AAAA' || substr(response, 5)").run()
  database.close()
  assert.ok(Number(damaged.changes) >= 1)
  const before = await revisionNow()
  const again = await call('createClient', {}, { input, headers })
  assert.equal(again.status, 409, again.text)
  assert.match(again.text, /master key changed/)
  assert.equal(await revisionNow(), before)
})

test('SEC-223: a refused call may be sent again under its key, and a day later the key is free', async () => {
  const headers = { 'idempotency-key': 'again-1' }
  const input = { id: 'after-api', permissions: [{ api: 'coming', scopes: ['c'] }] }
  assert.equal((await call('createClient', {}, { input, headers })).status, 400)
  await call('createApi', {}, { input: { id: 'coming', audience: 'https://coming.test', scopes: [{ name: 'c' }] } })
  assert.equal((await call('createClient', {}, { input, headers })).status, 201)
  assert.equal((await call('createClient', {}, { input, headers })).status, 201)
  server.clock.advance(86_400_001)
  assert.equal((await call('createClient', {}, { input, headers })).status, 409)
  for (const key of ['', 'x'.repeat(256), 'a b']) {
    const reply = await call('createTenant', {}, { input: { id: 'k' }, headers: { 'idempotency-key': key } })
    assert.equal(reply.status, 400, key)
  }
  const tenant = { input: { id: 'kept-tenant' }, headers: { 'idempotency-key': 'tenant-1' } }
  assert.equal((await call('createTenant', {}, tenant)).status, 201)
  assert.equal((await call('createTenant', {}, tenant)).status, 201)
})

test('SEC-221: every mutation leaves one event that says who, what, on what and from where', async () => {
  const eventsOf = async (action: () => Promise<Reply>) => {
    const position = await server.store.audit.newest()
    const reply = await action()
    const { events } = await server.store.audit.follow({}, position, 100)
    const relevant = events.map(({ body }) => JSON.parse(body) as Record<string, unknown>)
    return {
      reply,
      events: relevant.filter(({ type }) => type !== 'administrator.signed-in' && type !== 'token.issued'),
    }
  }
  const actor = 'system/admin/cli'
  const address = '127.0.0.1'
  const workspace = 'acme/cases'
  for (const [action, expected] of [
    [
      () => makeClient('audited'),
      {
        type: 'configuration.changed',
        workspace,
        actor,
        address,
        changes: [{ action: 'created', kind: 'client', id: 'audited' }],
      },
    ],
    [
      () => call('createSecret', { client: 'audited' }, { input: { type: 'chosen', value: 'Password1' } }),
      { type: 'configuration.changed', workspace, actor, address },
    ],
    [() => call('deleteClient', { client: 'audited' }), { type: 'configuration.changed', workspace, actor, address }],
    [
      () => call('createTenant', {}, { input: { id: 'audited' } }),
      { type: 'tenant.created', actor, address, tenant: 'audited' },
    ],
    [
      () => call('revokeTokens', {}, { input: { jti: 'abc' } }),
      { type: 'token.revoked', workspace, actor, address, subject: 'token', value: 'abc' },
    ],
    [
      () => call('deleteClient', { client: 'nobody' }),
      { type: 'administration.refused', workspace, actor, address, action: 'deleteClient', check: 'exists' },
    ],
  ] as const) {
    const { reply, events } = await eventsOf(action)
    assert.equal(events.length, 1, reply.text)
    assert.partialDeepStrictEqual(events[0], expected as Record<string, unknown>)
    assert.ok(!JSON.stringify(events).includes('Password1'))
  }
})

test('a change that changes nothing makes no revision', async () => {
  await makeClient('same')
  const before = await revisionNow()
  const reply = await call('updateClient', { client: 'same' }, { input: { enabled: true, permissions: [] } })
  assert.equal(reply.status, 200)
  assert.equal(await revisionNow(), before)
})

test('a draft that has nothing left to change ends without a revision', async () => {
  await makeClient('equal')
  const made = await draft([{ action: 'update', kind: 'client', id: 'equal', value: { displayName: '' } }])
  const before = await revisionNow()
  const committed = await call('commitDraft', { change: made.id })
  assert.deepEqual([committed.status, committed.body.revision, committed.body.changes], [200, before, []])
  assert.equal((await call('showDraft', { change: made.id })).status, 404)
  assert.equal(await revisionNow(), before)
})

test('revisions are listed, shown and compared, with what they changed member by member', async () => {
  const start = await revisionNow()
  await makeClient('history')
  await call('updateClient', { client: 'history' }, { input: { displayName: 'One', allowedAddresses: ['10.0.0.0/8'] } })
  await call('updateClient', { client: 'history' }, { input: { displayName: 'Two' } })
  const listed = await call('listRevisions', {}, { query: { limit: 2 } })
  assert.deepEqual(
    listed.body.items.map(({ revision }) => revision),
    [start + 3, start + 2],
  )
  assert.equal(listed.body.items[0]?.actor, 'system/admin/cli')
  const next = await call('listRevisions', {}, { query: { limit: 2, after: listed.body.next ?? '' } })
  assert.equal(next.body.items[0]?.revision, start + 1)
  const shown = await call('showRevision', { revision: String(start + 3) })
  assert.deepEqual(shown.body.changes, [
    {
      action: 'updated',
      kind: 'client',
      id: 'history',
      members: [{ name: 'displayName', before: 'One', after: 'Two' }],
    },
  ])
  const compared = await call('compareRevisions', {}, { query: { from: start + 1, to: start + 3 } })
  assert.deepEqual(compared.body.changes[0]?.members.map(({ name }) => name).sort(), [
    'allowedAddresses',
    'displayName',
  ])
  const backwards = await call('compareRevisions', {}, { query: { from: start + 3, to: start } })
  assert.equal(backwards.body.changes[0]?.action, 'deleted')
  for (const revision of ['0', '99999', 'x', '-1', '1.5', '١']) {
    assert.equal((await call('showRevision', { revision })).status, 404, revision)
  }
  assert.equal((await call('compareRevisions', {}, { query: { from: 99_999 } })).status, 404)
})

test('a revert is a new revision with the settings of the old one', async () => {
  await makeClient('reverted')
  const good = await revisionNow()
  await call('updateClient', { client: 'reverted' }, { input: { enabled: false, displayName: 'Wrong' } })
  await call('createApi', {}, { input: { id: 'mistake', audience: 'https://mistake.test' } })
  const stale = await call(
    'revertToRevision',
    { revision: String(good) },
    { input: {}, headers: { 'if-match': `"${good}"` } },
  )
  assert.equal(stale.status, 412)
  const reply = await call('revertToRevision', { revision: String(good) }, { input: { note: 'back' } })
  assert.equal(reply.status, 200, reply.text)
  assert.equal(reply.body.revision, good + 3)
  const { body } = await call('showClient', { client: 'reverted' })
  assert.deepEqual([body.enabled, body.displayName], [true, ''])
  assert.equal((await call('showApi', { api: 'mistake' })).status, 404)
  const again = await call('revertToRevision', { revision: String(good) })
  assert.deepEqual([again.status, again.body.revision, again.body.changes], [200, good + 3, []])
})

test('a revert brings no credential back, and takes none away', async () => {
  const made = await call(
    'createClient',
    {},
    {
      input: {
        id: 'secretive',
        capabilities: ['client_credentials'],
        permissions: readsApiA,
        secret: { type: 'generated' },
      },
    },
  )
  const first = await revisionNow()
  const second = await call('createSecret', { client: 'secretive' }, { input: { type: 'generated' } })
  await call('deleteSecret', { client: 'secretive', secret: made.body.secret?.id ?? '' })
  await call('updateClient', { client: 'secretive' }, { input: { displayName: 'x' } })
  await call('revertToRevision', { revision: String(first) })
  const status = async (secret = '') =>
    (await server.post('/oauth2/token', grant, server.basic('secretive', secret))).status
  assert.equal(await status(made.body.secret?.secret), 401)
  assert.equal(await status(second.body.secret), 200)
  await call('deleteClient', { client: 'secretive' })
  await call('revertToRevision', { revision: String(first) })
  assert.equal((await call('showClient', { client: 'secretive' })).status, 200)
  assert.deepEqual((await call('listSecrets', { client: 'secretive' })).body.items, [])
  assert.equal(await status(second.body.secret), 401)
})

test('a revert to what somebody else holds by now is refused whole', async () => {
  const aliases = [{ path: '/held/token', endpoint: 'token' }]
  await call('updateWorkspace', {}, { input: { aliases } })
  const old = await revisionNow()
  await call('updateWorkspace', {}, { input: { aliases: [] } })
  await makeClient('since')
  await call('createWorkspace', {}, { input: { tenant: 'acme', id: 'holder', aliases } })
  const reply = await call('revertToRevision', { revision: String(old) })
  assert.equal(reply.status, 409, reply.text)
  assert.match(reply.text, /path:\/held\/token is taken/)
  assert.equal((await call('showClient', { client: 'since' })).status, 200)
})

test('a running server answers every request while it is being changed', async () => {
  let failing = 0
  let asked = 0
  let done = false
  const ask = async (): Promise<void> => {
    while (!done) {
      const { status } = await server.post('/oauth2/token', grant, server.basic('cb'))
      asked += 1
      if (status !== 200) failing += 1
    }
  }
  const asking = [ask(), ask(), ask()]
  for (let count = 0; count < 25; count += 1) {
    await call('updateClient', { client: 'cb' }, { input: { displayName: `edit ${count}` } })
    await call('updateApi', { api: 'api-a' }, { input: { displayName: `edit ${count}` } })
  }
  done = true
  await Promise.all(asking)
  assert.equal(failing, 0)
  assert.ok(asked > 10)
})
