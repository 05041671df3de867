import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startAdminServer } from '../admin-fixture.ts'
import { casesFounding } from '../fixtures.ts'
import { createPlatform, type Part, platformClaims } from '../platforms.ts'

const server = await startAdminServer({ after })
const { call, clock, issuer } = server
const platform = createPlatform('RS256')
const clusterIssuer = 'https://cluster.example'
const permissions = casesFounding.clients.cb?.permissions ?? []
const keys = { type: 'jwks', jwks: platform.jwks } as const
const sub = 'system:serviceaccount:billing:invoices'
const match = [{ claim: 'sub', equals: sub }]
const clientOf = { capabilities: ['client_credentials'], permissions, authenticationMethods: ['federated'] }
const token = (more: Part = {}): string =>
  platform.token(
    platformClaims.kubernetes({ now: Math.floor(clock.now() / 1000), audience: issuer }, clusterIssuer, more),
  )

const document = (more: object = {}) => ({
  workspace: 'cases',
  apis: casesFounding.apis,
  trusts: { cluster: { issuer: clusterIssuer, keys, maximumLifetime: 7200 } },
  clients: { ...casesFounding.clients, invoices: { ...clientOf, federations: [{ trust: 'cluster', match }] } },
  ...more,
})

test('a document declares trusts and federations, says the same when it is read back, and prunes', async () => {
  const applied = await call('applyDocument', {}, { input: { document: document() as never } })
  assert.equal(applied.status, 200, applied.text)
  const again = await call('planDocument', {}, { input: { document: document() as never, prune: true } })
  assert.deepEqual(
    again.body.changes.filter(({ id }) => id === 'cluster' || id === 'invoices'),
    [],
  )
  const { body: exported } = await call('exportDocument')
  assert.deepEqual(exported.clients?.invoices?.federations, [{ trust: 'cluster', match }])
  const round = await call('planDocument', {}, { input: { document: exported } })
  assert.deepEqual(round.body, { base: round.body.base, changes: [], conflicts: [] })
  const other = [{ claim: 'sub', equals: 'system:serviceaccount:billing:other' }]
  const changed = document({
    clients: { ...casesFounding.clients, invoices: { ...clientOf, federations: [{ trust: 'cluster', match: other }] } },
  })
  const pruned = await call('applyDocument', {}, { input: { document: changed as never, prune: true } })
  assert.equal(pruned.status, 200, pruned.text)
  const { body } = await call('listFederations', { client: 'invoices' })
  assert.deepEqual(
    body.items.map((one) => one.match),
    [other],
  )
  const without = document({ trusts: {}, clients: casesFounding.clients })
  assert.equal((await call('applyDocument', {}, { input: { document: without as never, prune: true } })).status, 200)
  assert.deepEqual((await call('listTrusts')).body.items, [])
})

test('a change set makes trust, client and federation at once', async () => {
  const changes = [
    { action: 'create', kind: 'trust', value: { id: 'staged', issuer: 'https://staged.example', keys } },
    { action: 'create', kind: 'client', value: { id: 'staged', ...clientOf } },
    { action: 'create', kind: 'federation', client: 'staged', value: { trust: 'staged', match } },
  ]
  const { body: draft } = await call('createDraft', {}, { input: { changes: changes as never } })
  assert.equal((await call('commitDraft', { change: draft.id })).status, 200)
  const shown = await call('showTrust', { trust: 'staged' })
  assert.deepEqual(shown.body.keys.type === 'jwks' && shown.body.keys.keys.map(({ kid }) => kid), ['k1'])
  assert.deepEqual(shown.body.audiences, [])
  const { body } = await call('listFederations', { client: 'staged' })
  const id = body.items[0]?.id ?? ''
  const removing = [
    { action: 'delete', kind: 'federation', client: 'staged', id },
    { action: 'update', kind: 'trust', id: 'staged', value: { enabled: false } },
    { action: 'delete', kind: 'trust', id: 'staged' },
  ]
  const { body: second } = await call('createDraft', {}, { input: { changes: removing as never } })
  assert.equal((await call('commitDraft', { change: second.id })).status, 200)
  assert.equal((await call('showTrust', { trust: 'staged' })).status, 404)
})

test('who may not make credentials may not say whom to trust, in no way', async () => {
  await call('createTrust', {}, { input: { id: 'held', issuer: 'https://held.example', keys } })
  await call('createClient', {}, { input: { id: 'held', ...clientOf } })
  const writer = await server.administrator(['read', 'write'])
  const asWriter = { token: writer }
  const trust = { id: 'mine', issuer: 'https://mine.example', keys } as const
  const change = { action: 'update', kind: 'trust', id: 'held', value: { keys } } as const
  const { body: draft } = await call('createDraft', {}, { input: { changes: [change as never] }, ...asWriter })
  const trusting = { workspace: 'cases', trusts: { mine: { issuer: 'https://mine.example', keys } } }
  const keyed = {
    workspace: 'cases',
    clients: { held: { ...clientOf, keys: [{ type: 'key-set', uri: 'https://x.example/' }] } },
  }
  const federated = { workspace: 'cases', clients: { held: { ...clientOf, federations: [{ trust: 'held', match }] } } }
  for (const reply of [
    await call('createTrust', {}, { input: trust, ...asWriter }),
    await call('updateTrust', { trust: 'held' }, { input: { keys }, ...asWriter }),
    await call('deleteTrust', { trust: 'held' }, asWriter),
    await call('createFederation', { client: 'held' }, { input: { trust: 'held', match }, ...asWriter }),
    await call('commitDraft', { change: draft.id }, asWriter),
    await call('applyDocument', {}, { input: { document: trusting as never }, ...asWriter }),
    await call('applyDocument', {}, { input: { document: keyed as never }, ...asWriter }),
    await call('applyDocument', {}, { input: { document: federated as never }, ...asWriter }),
  ]) {
    assert.equal(reply.status, 403, reply.text)
  }
  assert.equal((await call('listTrusts', {}, asWriter)).status, 200)
})

test('to return to an earlier revision leaves trusts as they are', async () => {
  const { body: before } = await call('listRevisions')
  const number = before.items[0]?.revision ?? 0
  await call('createTrust', {}, { input: { id: 'later', issuer: 'https://later.example', keys } })
  await call('updateClient', { client: 'held' }, { input: { displayName: 'Changed' } })
  const reverted = await call('revertToRevision', { revision: String(number) }, { input: {} })
  assert.equal(reverted.status, 200, reverted.text)
  assert.equal((await call('showClient', { client: 'held' })).body.displayName, '')
  assert.equal((await call('showTrust', { trust: 'later' })).status, 200)
})

test('a token is explained: which client, by which matcher not, and nothing is used up', async () => {
  await call('createTrust', {}, { input: { id: 'cluster', issuer: clusterIssuer, keys, singleUse: true } })
  await call('createClient', {}, { input: { id: 'pod', ...clientOf } })
  await call('createClient', {}, { input: { id: 'off', ...clientOf, enabled: false } })
  const both = [...match, { claim: '/kubernetes.io/namespace', equals: 'billing' }]
  await call('createFederation', { client: 'pod' }, { input: { trust: 'cluster', match: both } })
  const test = async (text: string) => (await call('testFederation', {}, { input: { token: text } })).body
  const text = token()
  for (let count = 0; count < 2; count += 1) {
    const result = await test(text)
    assert.equal(result.outcome, 'client')
    assert.equal(result.client, 'pod')
    assert.equal(result.token?.subject, sub)
  }
  const grant = { grant_type: 'client_credentials', client_assertion: text }
  const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
  const got = await server.post('/oauth2/token', { ...grant, client_assertion_type: type })
  assert.equal(got.status, 200, 'the test has not used it up')
  const elsewhere = await test(token({ 'kubernetes.io': { namespace: 'staging' } }))
  assert.equal(elsewhere.outcome, 'refused')
  const [first] = elsewhere.clients
  assert.deepEqual(
    first?.matchers.map(({ matcher, holds, received }) => [matcher.claim, holds, received]),
    [
      ['sub', true, sub],
      ['/kubernetes.io/namespace', false, 'staging'],
    ],
  )
  assert.match((await test(token({ aud: 'https://other.example' }))).trusts[0]?.problem ?? '', /another audience/)
  assert.match((await test(token({ iss: 'https://unknown.example' }))).reason ?? '', /no trust/)
  assert.match((await test('not-a-token')).reason ?? '', /not a signed JWT/)
  await call('createFederation', { client: 'off' }, { input: { trust: 'cluster', match } })
  assert.match((await test(token())).reason ?? '', /several clients match.*off, pod|several clients match.*pod, off/)
  const gone = token({ 'kubernetes.io': {} })
  assert.match((await test(gone)).reason ?? '', /off matches, but the client is disabled/)
})

test('to test a token takes an administrator', async () => {
  const operation = `${server.adminUrl}/admin/v1/workspaces/acme/cases/federation/test`
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: token() }),
  }
  assert.equal((await fetch(operation, init)).status, 401)
  const own = await server.token('cb')
  const asClient = { ...init, headers: { ...init.headers, authorization: `Bearer ${own}` } }
  assert.equal((await fetch(operation, asClient)).status, 401)
})
