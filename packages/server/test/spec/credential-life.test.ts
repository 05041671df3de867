import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, describe, test } from 'node:test'
import type { SecretInput } from '@mintmark/protocol/admin'
import { startAdminServer } from '../admin-fixture.ts'

const server = await startAdminServer({ after })
const { call, clock } = server

const grant = { grant_type: 'client_credentials' }
const hour = 3_600_000
const day = 24 * hour

const make = async (id: string) => {
  const permissions = [{ api: 'api-a', scopes: ['api:read'], defaultScopes: ['api:read'] }]
  const input = { id, capabilities: ['client_credentials'], permissions, secret: { type: 'generated' } }
  const reply = await call('createClient', {}, { input })
  assert.equal(reply.status, 201, reply.text)
  return { id: reply.body.secret?.id ?? '', secret: reply.body.secret?.secret ?? '' }
}
const add = async (client: string, input: SecretInput = { type: 'generated' }) => {
  const reply = await call('createSecret', { client }, { input })
  assert.equal(reply.status, 201, reply.text)
  return { id: reply.body.id, secret: reply.body.secret ?? '' }
}
const status = async (client: string, secret: string, headers: Readonly<Record<string, string>> = {}) =>
  (await server.post('/oauth2/token', grant, { ...server.basic(client, secret), ...headers })).status

const move = (client: string, credential: string, state: string, overlap?: number) =>
  call(
    'changeCredentialState',
    { client, credential },
    { input: { state, ...(overlap === undefined ? {} : { overlap }) } },
  )
const stateOf = async (client: string, credential: string) =>
  (await call('listCredentials', { client })).body.items.find(({ id }) => id === credential)?.state

describe('the states of a credential', () => {
  test('a staged one proves nothing until it is made live, and can be staged again', async () => {
    await make('staging')
    const { id, secret } = await add('staging', { type: 'generated', staged: true })
    assert.deepEqual([await stateOf('staging', id), await status('staging', secret)], ['staged', 401])
    assert.equal((await move('staging', id, 'live')).status, 200)
    assert.deepEqual([await stateOf('staging', id), await status('staging', secret)], ['live', 200])
    assert.equal((await move('staging', id, 'staged')).status, 200)
    assert.equal(await status('staging', secret), 401)
  })

  test('a draining one proves its client until its very end, and can be made live again', async () => {
    await make('draining')
    const { id, secret } = await add('draining')
    await move('draining', id, 'draining', 60)
    clock.advance(55_000)
    assert.deepEqual([await stateOf('draining', id), await status('draining', secret)], ['draining', 200])
    await move('draining', id, 'live')
    clock.advance(60_000)
    assert.equal(await status('draining', secret), 200)
    await move('draining', id, 'draining', 60)
    clock.advance(60_000)
    assert.deepEqual([await stateOf('draining', id), await status('draining', secret)], ['retired', 401])
  })

  test('a retired one is refused at the next request, and can be brought back for seven days', async () => {
    await make('retiring')
    const { id, secret } = await add('retiring')
    assert.equal((await move('retiring', id, 'retired')).status, 200)
    assert.equal(await status('retiring', secret), 401)
    clock.advance(7 * day - 5000)
    assert.equal((await move('retiring', id, 'live')).status, 200)
    assert.equal(await status('retiring', secret), 200)
    await move('retiring', id, 'retired')
    clock.advance(7 * day)
    const late = await move('retiring', id, 'live')
    assert.equal(late.status, 400, late.text)
    assert.match(late.text, /retired too long ago/)
    assert.equal(await status('retiring', secret), 401)
  })

  test('there are ways between states that there are not, and nothing is changed by them', async () => {
    await make('ways')
    const { id } = await add('ways', { type: 'generated', staged: true })
    assert.equal((await move('ways', id, 'draining')).status, 400)
    await move('ways', id, 'retired')
    assert.equal((await move('ways', id, 'staged')).status, 400)
    assert.equal(await stateOf('ways', id), 'retired')
    assert.equal((await move('ways', 'nobody', 'live')).status, 404)
    assert.equal((await move('ways', id, 'gone')).status, 400)
  })

  test('no state brings back what has expired', async () => {
    await make('expired')
    const expires = new Date(clock.now() + 60_000).toISOString()
    const { id, secret } = await add('expired', { type: 'generated', expires })
    await move('expired', id, 'retired')
    clock.advance(61_000)
    assert.equal((await move('expired', id, 'live')).status, 400)
    assert.equal(await status('expired', secret), 401)
  })

  test('SEC-054: staged and draining ones count, so that no way makes a fifth live secret', async () => {
    const first = await make('limited')
    const staged = [
      await add('limited', { type: 'generated', staged: true }),
      await add('limited'),
      await add('limited'),
    ]
    assert.equal((await call('createSecret', { client: 'limited' }, { input: { type: 'generated' } })).status, 409)
    await move('limited', first.id, 'retired')
    await add('limited')
    const back = await move('limited', first.id, 'live')
    assert.equal(back.status, 409, back.text)
    assert.equal(await stateOf('limited', staged[0]?.id ?? ''), 'staged')
    assert.equal(await status('limited', first.secret), 401)
  })

  test('SEC-053: deletion is at once, in whatever state, and cannot be undone', async () => {
    await make('deleted')
    const { id, secret } = await add('deleted')
    await move('deleted', id, 'draining', 3600)
    assert.equal((await call('deleteSecret', { client: 'deleted', secret: id })).status, 200)
    assert.equal(await status('deleted', secret), 401)
    assert.equal((await move('deleted', id, 'live')).status, 404)
  })

  test('the tokens of a retired credential live on; those of a deleted one do not', async () => {
    const { id, secret } = await make('tokens')
    await add('tokens')
    const response = await server.post('/oauth2/token', grant, server.basic('tokens', secret))
    const { access_token: token } = (await response.json()) as { access_token: string }
    await move('tokens', id, 'retired')
    assert.equal((await call('inspectToken', {}, { input: { token } })).body.active, true)
    await call('deleteSecret', { client: 'tokens', secret: id })
    assert.equal((await call('inspectToken', {}, { input: { token } })).body.active, false)
  })

  test('a document leaves a rotation as it is, and takes a staged secret for the one it names', async () => {
    const { id } = await make('documented')
    const staged = await call(
      'createSecret',
      { client: 'documented' },
      { input: { type: 'chosen', value: 'chosen-secret', staged: true } },
    )
    await call('startRotation', { client: 'documented' }, { input: {} })
    const before = (await call('listCredentials', { client: 'documented' })).body.items
    const { body: document } = await call('exportDocument')
    const ours = document.clients?.documented
    const clients = {
      documented: { ...ours, secrets: [{ type: 'generated' }, { type: 'chosen', value: 'chosen-secret' }] },
    }
    const input = { document: { tenant: 'acme', workspace: 'cases', clients }, prune: false }
    const planned = await call('planDocument', {}, { input })
    assert.equal(planned.status, 200, planned.text)
    assert.deepEqual(planned.body.changes, [])
    assert.deepEqual((await call('listCredentials', { client: 'documented' })).body.items, before)
    assert.deepEqual(before.map(({ state }) => state).sort(), ['draining', 'live', 'staged'])
    assert.ok(before.some((one) => one.id === id && one.state === 'draining'))
    assert.equal(staged.body.state, 'staged')
  })
})

describe('a rotation', () => {
  const rotate = (client: string, input: object = {}) => call('startRotation', { client }, { input })
  const show = async (client: string) => (await call('showRotation', { client })).body
  const complete = (client: string, force?: true) =>
    call('completeRotation', { client }, { input: force === undefined ? {} : { force } })
  const cancel = (client: string, force?: true) =>
    call('cancelRotation', { client }, { input: force === undefined ? {} : { force } })
  const events = async (client: string) => {
    const { items } = (await call('listAuditEvents', {}, { query: { client } })).body
    return items.map(({ type }) => type).filter((type) => type.startsWith('rotation.'))
  }

  test('makes a secret live that is shown once, and lets the old one drain for a day', async () => {
    const old = await make('started')
    const started = await rotate('started')
    assert.equal(started.status, 201, started.text)
    const fresh = started.body.secret ?? ''
    assert.deepEqual([await status('started', old.secret), await status('started', fresh)], [200, 200])
    const seen = await show('started')
    assert.equal('secret' in seen, false)
    assert.deepEqual([seen.state, seen.old.map(({ id }) => id)], ['under-way', [old.id]])
    assert.equal(Date.parse(seen.until), Date.parse(seen.started) + day)
    clock.advance(day - 5000)
    assert.equal(await status('started', old.secret), 200)
    clock.advance(5000)
    assert.deepEqual([await status('started', old.secret), await status('started', fresh)], [401, 200])
    assert.equal((await show('started')).state, 'over')
  })

  test('says who still uses the old credential, and is not completed before they have left it for three lifetimes', async () => {
    const old = await make('watched')
    const fresh = (await rotate('watched', { overlap: 2 * 86_400 })).body.secret ?? ''
    const left = { 'user-agent': 'report/1.4', 'mintmark-instance': 'aaaa' }
    const gone = { 'user-agent': 'web/2', 'mintmark-instance': 'bbbb' }
    await status('watched', old.secret, left)
    await status('watched', old.secret, gone)
    clock.advance(1000)
    await status('watched', fresh, gone)
    const seen = await show('watched')
    assert.deepEqual([seen.safe, seen.tokenLifetime], [false, 3600])
    assert.deepEqual(
      seen.callers
        .map(({ agent, instance, credential, moved, waiting }) => [agent, instance, credential, moved, waiting])
        .sort(),
      [
        ['report/1.4', 'aaaa', old.id, false, true],
        ['web/2', 'bbbb', old.id, true, true],
      ],
    )
    const refused = await complete('watched')
    assert.equal(refused.status, 409, refused.text)
    assert.match(refused.text, /report\/1\.4, instance aaaa used/)
    assert.equal(await status('watched', old.secret, left), 200)
    clock.advance(3 * hour - 5000)
    assert.equal((await complete('watched')).status, 409)
    clock.advance(5000)
    assert.equal((await show('watched')).safe, true)
    assert.equal((await complete('watched')).status, 200)
    assert.deepEqual([await status('watched', old.secret), await status('watched', fresh)], [401, 200])
    assert.deepEqual(await events('watched'), ['rotation.completed', 'rotation.started'])
  })

  test('is completed at once with force, and that is written down with who was left', async () => {
    const old = await make('forced')
    await rotate('forced')
    await status('forced', old.secret, { 'user-agent': 'report/1.4' })
    assert.equal((await complete('forced', true)).status, 200)
    assert.equal(await status('forced', old.secret), 401)
    const { items } = (await call('listAuditEvents', {}, { query: { client: 'forced', type: 'rotation.completed' } }))
      .body
    const event = items[0] as unknown as {
      forced: boolean
      until: string
      left: { agent: string; time: string }[]
    }
    for (const time of [event.until, ...event.left.map((one) => one.time)]) assert.match(time, /^\d{4}-.*Z$/)
    assert.deepEqual([event.forced, event.left.map(({ agent }) => agent)], [true, ['report/1.4']])
    assert.equal((await complete('forced', true)).status, 409)
  })

  test('can be cancelled while it is under way and for seven days after it: the old is live again, the new retired', async () => {
    for (const [client, wait] of [
      ['cancelled-early', 1000],
      ['cancelled-late', 5 * day],
    ] as const) {
      const old = await make(client)
      const fresh = (await rotate(client)).body.secret ?? ''
      clock.advance(wait)
      const done = await cancel(client)
      assert.equal(done.status, 200, done.text)
      assert.deepEqual([await status(client, old.secret), await status(client, fresh)], [200, 401])
      assert.equal(await stateOf(client, old.id), 'live')
      assert.equal((await call('showRotation', { client })).status, 404)
      assert.deepEqual(await events(client), ['rotation.cancelled', 'rotation.started'])
    }
  })

  test('is not cancelled from under those who use the new credential, but with force', async () => {
    const old = await make('moved')
    const fresh = (await rotate('moved')).body.secret ?? ''
    await status('moved', fresh)
    assert.equal((await cancel('moved')).status, 409)
    assert.equal(await status('moved', fresh), 200)
    assert.equal((await cancel('moved', true)).status, 200)
    assert.deepEqual([await status('moved', old.secret), await status('moved', fresh)], [200, 401])
  })

  test('is one at a time, but rotating secrets goes on as it did', async () => {
    await make('twice')
    await rotate('twice')
    const again = await rotate('twice')
    assert.equal(again.status, 409)
    assert.match(again.text, /complete or cancel it first/)
    assert.equal((await call('rotateSecret', { client: 'twice' }, { input: {} })).status, 200)
  })

  test('makes a staged credential live, and replaces those it is told to', async () => {
    const old = await make('prepared')
    const other = await add('prepared')
    const staged = await add('prepared', { type: 'generated', staged: true })
    const started = await rotate('prepared', { staged: staged.id, replaces: [old.id] })
    assert.equal(started.status, 201, started.text)
    assert.deepEqual(
      [await stateOf('prepared', old.id), await stateOf('prepared', other.id), await stateOf('prepared', staged.id)],
      ['draining', 'live', 'live'],
    )
    assert.equal(await status('prepared', staged.secret), 200)
    assert.equal((await rotate('prepared', { staged: other.id })).status, 409)
    assert.equal((await rotate('prepared', { secret: { type: 'generated' }, staged: staged.id })).status, 400)
  })

  test('of a key needs to be told which of several it replaces, and none of another kind', async () => {
    await make('keyed')
    const keyInput = () => {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      return { type: 'key', jwk: publicKey.export({ format: 'jwk' }) }
    }
    const none = await rotate('keyed', { key: keyInput() })
    assert.equal(none.status, 400)
    assert.match(none.text, /no live key to rotate/)
    const one = (await call('createClientKey', { client: 'keyed' }, { input: keyInput() })).body
    const started = await rotate('keyed', { key: keyInput() })
    assert.equal(started.status, 201, started.text)
    assert.deepEqual(
      started.body.old.map(({ id, state }) => [id, state]),
      [[one.id, 'draining']],
    )
    await cancel('keyed')
    await call('createClientKey', { client: 'keyed' }, { input: keyInput() })
    const several = await rotate('keyed', { key: keyInput() })
    assert.equal(several.status, 400)
    assert.match(several.text, /several live keys/)
    assert.equal((await rotate('keyed', { key: keyInput(), replaces: [one.id] })).status, 201)
  })

  test('ends with the client, and there is none of a client that does not rotate', async () => {
    await make('ended')
    assert.equal((await call('showRotation', { client: 'ended' })).status, 404)
    assert.equal((await complete('ended')).status, 404)
    await rotate('ended')
    assert.equal((await call('deleteClient', { client: 'ended' })).status, 200)
    await make('ended')
    assert.equal((await call('showRotation', { client: 'ended' })).status, 404)
  })

  test('is sent twice under one idempotency key and begun once', async () => {
    await make('repeated')
    const headers = { 'idempotency-key': 'rotate-repeated' }
    const first = await call('startRotation', { client: 'repeated' }, { input: {}, headers })
    const second = await call('startRotation', { client: 'repeated' }, { input: {}, headers })
    assert.deepEqual([first.status, second.status, second.body.secret], [201, 201, first.body.secret])
    assert.equal((await call('listSecrets', { client: 'repeated' })).body.items.length, 2)
  })

  test('needs the role for secrets', async () => {
    await make('guarded')
    const token = await server.administrator(['read', 'write'])
    for (const name of ['startRotation', 'completeRotation', 'cancelRotation'] as const) {
      assert.equal((await call(name, { client: 'guarded' }, { input: {}, token })).status, 403)
    }
  })
})

test('callers are listed of each credential, the latest first', async () => {
  const { id, secret } = await make('called')
  await status('called', secret, { 'user-agent': 'one' })
  clock.advance(1000)
  await status('called', secret, { 'user-agent': 'two' })
  const { items } = (await call('listCallers', { client: 'called' })).body
  assert.deepEqual(
    items.map(({ credential, agent }) => [credential, agent]),
    [
      [id, 'two'],
      [id, 'one'],
    ],
  )
})
