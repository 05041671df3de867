import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startAdminServer } from '../admin-fixture.ts'
import { auditOf } from '../configure.ts'
import { casesFounding } from '../fixtures.ts'
import { refusalEvent } from '../refusals.ts'
import { assertionBy, type HeldKey, newKey, rolloverOf } from '../rollover.ts'

const server = await startAdminServer({ after })
const { call, issuer, clock } = server
const permissions = casesFounding.clients.cb?.permissions ?? []
const day = 86_400_000
const workspace = 'acme/cases'

const keyClient = { capabilities: ['client_credentials', 'key_rollover'], authenticationMethods: ['private_key_jwt'] }
const secretClient = { capabilities: ['client_credentials'] }

const keyInput = ({ jwk, alg }: HeldKey) => ({ type: 'key', jwk: { ...jwk, alg } }) as const

const apply = (id: string, client: object) =>
  call(
    'applyDocument',
    {},
    { input: { document: { tenant: 'acme', workspace: 'cases', clients: { [id]: { permissions, ...client } } } } },
  )

const roll = async (client: string, present: HeldKey, next: HeldKey): Promise<Response> => {
  const rollover = await rolloverOf({ client, issuer, now: clock.now(), present, next })
  return server.post('/oauth2/client-key-rollover', { rollover })
}

const askByKey = async (client: string, key: HeldKey): Promise<Response> =>
  server.post('/oauth2/token', {
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await assertionBy(key, { client, issuer, now: clock.now() }),
  })
const askBySecret = (client: string, secret: string): Promise<Response> =>
  server.post('/oauth2/token', { grant_type: 'client_credentials' }, server.basic(client, secret))

const credentialsOf = async (client: string) => (await call('listCredentials', { client })).body.items
const idOf = async (client: string, name: string): Promise<string> =>
  (await credentialsOf(client)).find((one) => one.name === name)?.id ?? ''
const respond = (client: string, credential: string) => call('respondToLeak', {}, { input: { client, credential } })
const keyClientWith = async (id: string): Promise<HeldKey> => {
  const key = await newKey()
  const made = await apply(id, { ...keyClient, keys: [keyInput(key)] })
  assert.equal(made.status, 200, made.text)
  return key
}

test('a key that a thief made by rolling over a leaked one proves nothing once the leak is answered', async () => {
  const [copied, his, hisNext] = [await keyClientWith('robbed'), await newKey(), await newKey()]
  assert.equal((await roll('robbed', copied, his)).status, 200)
  clock.advance(1000)
  assert.equal((await roll('robbed', his, hisNext)).status, 200)
  const { access_token: token } = (await (await askByKey('robbed', hisNext)).json()) as { access_token: string }
  const other = await newKey()
  const added = await call('createClientKey', { client: 'robbed' }, { input: keyInput(other) })
  assert.equal(added.status, 201, added.text)

  const answered = await respond('robbed', await idOf('robbed', copied.kid))
  assert.equal(answered.status, 200, answered.text)
  const successors = [await idOf('robbed', his.kid), await idOf('robbed', hisNext.kid)].sort()
  assert.deepEqual([...(answered.body.frozen ?? [])].sort(), successors)
  for (const key of [copied, his, hisNext]) assert.equal((await askByKey('robbed', key)).status, 401)
  assert.equal((await call('inspectToken', {}, { input: { token } })).body.active, false)
  assert.equal((await roll('robbed', hisNext, await newKey())).status, 401)
  // A key of another lineage is none that he can have made.
  assert.equal((await askByKey('robbed', other)).status, 200)
  const [event, ...others] = await auditOf(server.store, {
    workspace,
    client: 'robbed',
    types: ['client-keys.frozen'],
  })
  assert.equal(others.length, 0)
  assert.deepEqual([...((event?.frozen ?? []) as string[])].sort(), successors)
  // Who looked into it lets the right one prove its client again.
  const key = await idOf('robbed', hisNext.kid)
  assert.equal((await call('unfreezeClientKey', { client: 'robbed', key })).status, 200)
  assert.equal((await askByKey('robbed', hisNext)).status, 200)
})

test('the key before the one that leaked, and one that was never rolled over, are left alone', async () => {
  const [first, second] = [await keyClientWith('before'), await newKey()]
  assert.equal((await roll('before', first, second)).status, 200)
  const answered = await respond('before', await idOf('before', second.kid))
  assert.equal(answered.body.frozen, undefined)
  assert.equal((await askByKey('before', second)).status, 401)
  assert.equal((await askByKey('before', first)).status, 200)
})

test('a key that is known to have leaked cannot be used to freeze the others', async () => {
  const [leaked, next] = [await keyClientWith('stopped'), await newKey()]
  assert.equal((await roll('stopped', leaked, next)).status, 200)
  assert.equal((await respond('stopped', await idOf('stopped', leaked.kid))).status, 200)
  const key = await idOf('stopped', next.kid)
  assert.equal((await call('unfreezeClientKey', { client: 'stopped', key })).status, 200)
  const response = await roll('stopped', leaked, await newKey())
  assert.equal((await refusalEvent(server, response)).check, 'rollover-key-leaked')
  assert.equal(response.status, 401)
  assert.equal((await askByKey('stopped', next)).status, 200)
  // Nor does anybody roll over to it.
  assert.equal((await roll('stopped', next, leaked)).status, 400)
})

test('a file that still names what leaked does not bring it back, however late it is applied', async () => {
  const key = await keyClientWith('declared-key')
  assert.equal((await apply('maker', secretClient)).status, 200)
  const generated = await call('createSecret', { client: 'maker' }, { input: { type: 'generated' } })
  assert.equal(generated.status, 201, generated.text)
  const values = {
    'declared-generated': generated.body.secret ?? '',
    'declared-chosen': 'correct horse battery staple',
  }
  const clients: Record<string, object> = { 'declared-key': { ...keyClient, keys: [keyInput(key)] } }
  for (const [id, value] of Object.entries(values)) {
    clients[id] = { ...secretClient, secrets: [{ type: 'chosen', value }] }
    const made = await apply(id, clients[id])
    assert.equal(made.status, 200, made.text)
    assert.equal((await askBySecret(id, value)).status, 200)
  }
  for (const [id, client] of Object.entries(clients)) {
    const [credential] = await credentialsOf(id)
    assert.equal((await respond(id, credential?.id ?? '')).status, 200)
    const applied = await apply(id, client)
    assert.equal(applied.status, 400, applied.text)
    assert.match(applied.text, /leaked and was retired for good/)
  }
  clock.advance(60 * day)
  for (const [id, client] of Object.entries(clients)) {
    // Something new makes room: what leaked is not forgotten for it.
    const input = id === 'declared-key' ? keyInput(await newKey()) : undefined
    const added =
      input === undefined
        ? await call('createSecret', { client: id }, { input: { type: 'generated' } })
        : await call('createClientKey', { client: id }, { input })
    assert.equal(added.status, 201, added.text)
    const applied = await apply(id, client)
    assert.equal(applied.status, 400, applied.text)
  }
  for (const [id, value] of Object.entries(values)) assert.equal((await askBySecret(id, value)).status, 401)
  assert.equal((await askByKey('declared-key', key)).status, 401)
  const again = await call('createClientKey', { client: 'declared-key' }, { input: keyInput(key) })
  assert.match(again.text, /leaked and was retired for good/)
  const other = await apply('declared-chosen', {
    ...secretClient,
    secrets: [{ type: 'chosen', value: 'another staple' }],
  })
  assert.equal(other.status, 200, other.text)
})

test('a file that still names what was retired does not undo the rotation', async () => {
  const [old, fresh] = [await keyClientWith('rotated-key'), await newKey()]
  const federations = [{ trust: 'platform', match: [{ claim: 'sub', equals: 'machine' }] }]
  const trust = { id: 'platform', issuer: 'https://platform.example', keys: { type: 'discovery' } } as const
  const trusted = await call('createTrust', {}, { input: trust })
  assert.equal(trusted.status, 201, trusted.text)
  const clients: Record<string, object> = {
    'rotated-key': { ...keyClient, keys: [keyInput(old)] },
    'rotated-secret': { ...secretClient, secrets: [{ type: 'chosen', value: 'the staple of before' }] },
    'rotated-workload': { ...secretClient, authenticationMethods: ['federated'], federations },
  }
  for (const [id, client] of Object.entries(clients)) {
    const made = await apply(id, client)
    assert.equal(made.status, 200, made.text)
  }
  for (const [id, input] of [
    ['rotated-key', { key: keyInput(fresh), overlap: 60 }],
    ['rotated-secret', { overlap: 60 }],
  ] as const) {
    const started = await call('startRotation', { client: id }, { input })
    assert.equal(started.status, 201, started.text)
    // What drains is there still.
    const applied = await apply(id, clients[id] ?? {})
    assert.equal(applied.status, 200, applied.text)
  }
  const [workload] = await credentialsOf('rotated-workload')
  const at = { client: 'rotated-workload', credential: workload?.id ?? '' }
  assert.equal((await call('changeCredentialState', at, { input: { state: 'retired' } })).status, 200)
  clock.advance(61_000)
  for (const [id, client] of Object.entries(clients)) {
    const before = await credentialsOf(id)
    const applied = await apply(id, client)
    assert.equal(applied.status, 400, applied.text)
    assert.match(applied.text, /is retired: leave it out of the document, or make it live again/)
    assert.deepEqual(await credentialsOf(id), before)
  }
  assert.equal((await askByKey('rotated-key', old)).status, 401)
  assert.equal((await askByKey('rotated-key', fresh)).status, 200)
  assert.equal((await askBySecret('rotated-secret', 'the staple of before')).status, 401)
  assert.equal((await call('cancelRotation', { client: 'rotated-secret' }, { input: { force: true } })).status, 200)
  const applied = await apply('rotated-secret', clients['rotated-secret'] ?? {})
  assert.equal(applied.status, 200, applied.text)
  assert.equal((await askBySecret('rotated-secret', 'the staple of before')).status, 200)
})

test('a name that leaked is taken again by a file once its retired credential is removed', async () => {
  const trust = { id: 'ci', issuer: 'https://ci.example', keys: { type: 'discovery' } } as const
  assert.equal((await call('createTrust', {}, { input: trust })).status, 201)
  const federations = [{ trust: 'ci', match: [{ claim: 'sub', equals: 'build' }] }]
  const client = { ...secretClient, authenticationMethods: ['federated'], federations }
  assert.equal((await apply('builder', client)).status, 200)
  const [{ id = '' } = {}] = await credentialsOf('builder')
  assert.equal((await respond('builder', id)).status, 200)
  const refused = await apply('builder', client)
  assert.equal(refused.status, 400, refused.text)
  assert.match(refused.text, new RegExp(`its credential ${id} was retired after a leak: remove it first`))
  assert.equal((await call('deleteFederation', { client: 'builder', federation: id })).status, 200)
  const applied = await apply('builder', client)
  assert.equal(applied.status, 200, applied.text)
})

test('a rotation is not cancelled over a key that came after its new one', async () => {
  const [old, fresh, next] = [await keyClientWith('cancelled'), await newKey(), await newKey()]
  const started = await call('startRotation', { client: 'cancelled' }, { input: { key: keyInput(fresh) } })
  assert.equal(started.status, 201, started.text)
  assert.equal((await roll('cancelled', fresh, next)).status, 200)
  const cancel = () => call('cancelRotation', { client: 'cancelled' }, { input: { force: true } })
  const refused = await cancel()
  assert.equal(refused.status, 409, refused.text)
  const credential = await idOf('cancelled', next.kid)
  assert.match(refused.text, new RegExp(`rolled over to credential ${credential}: retire it first`))
  assert.equal((await askByKey('cancelled', next)).status, 200)
  const at = { client: 'cancelled', credential }
  assert.equal((await call('changeCredentialState', at, { input: { state: 'retired' } })).status, 200)
  const cancelled = await cancel()
  assert.equal(cancelled.status, 200, cancelled.text)
  assert.equal((await askByKey('cancelled', old)).status, 200)
  for (const key of [fresh, next]) assert.equal((await askByKey('cancelled', key)).status, 401)
})
