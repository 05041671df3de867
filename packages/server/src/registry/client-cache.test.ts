import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Client } from '../domain/client.ts'
import type { Entity } from '../store/store.ts'
import { readClient } from './bodies.ts'
import { createClientCache } from './client-cache.ts'

const entity = (kind: Entity['kind'], id: string, body: object): Entity => ({
  ...{ kind, id, parent: '', revision: 1 },
  body: JSON.stringify(body),
})

const digestOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url')

const secret = (id: string, more: object = {}): Entity =>
  entity('credential', id, {
    type: 'secret',
    hash: { kind: 'sha256', digest: digestOf(id) },
    hint: 'abcd',
    created: 1,
    ...more,
  })

const clientOf = (id: string, body: object = {}, credentials: readonly Entity[] = [secret(`of-${id}`)]): Client =>
  readClient(entity('client', id, body), credentials, (value) => value)

const jwk = { crv: 'P-256', kty: 'EC', x: digestOf('x'), y: digestOf('y') }
const key = (id: string, more: object = {}): Entity =>
  entity('credential', id, { type: 'key', algorithm: 'ES256', kid: digestOf(id), jwk, created: 1, ...more })
const certificate = { thumbprint: 't', subject: 'CN=a', notBefore: 1, notAfter: 2 }
const clients: readonly Client[] = [
  clientOf('plain'),
  clientOf('same but in name', { displayName: 'Bäckerei "Zur Mühle" \u{1f511}' }),
  clientOf('everything', {
    ...{ enabled: false, capabilities: ['client_credentials'], authenticationMethods: ['private_key_jwt'] },
    ...{ tokenEndpointAudience: true, dpopBoundAccessTokens: true, certificateBoundAccessTokens: true },
    permissions: [{ api: 'a', scopes: ['r', 'w'], defaultScopes: ['r'] }],
    ...{ introspects: ['a'], tokenLifetime: 60, allowedAddresses: ['10.0.0.0/8'] },
  }),
  clientOf('without credentials', {}, []),
  clientOf('every credential', {}, [
    secret('ending', { expires: 5 }),
    secret('staged', { staged: true }),
    secret('retired', { retired: 3 }),
    secret('leaked', { leaked: 3 }),
    secret('frozen', { frozen: 3 }),
    entity('credential', 'chosen', { type: 'secret', hash: { kind: 'phc', phc: '$argon2id$' }, hint: '', created: 1 }),
    entity('credential', 'key', {
      type: 'key',
      algorithm: 'ES256',
      kid: 'k',
      jwk,
      certificate,
      origin: 'o',
      created: 1,
    }),
    entity('credential', 'set', { type: 'key-set', uri: 'https://a.example', created: 1 }),
    entity('credential', 'name', { type: 'certificate-subject', match: 'san-dns', value: 'a', created: 1 }),
    entity('credential', 'certificate', { type: 'certificate', match: 'public-key', digest: 'd', created: 1 }),
    entity('credential', 'federated', { type: 'federated', trust: 't', match: [], created: 1 }),
    secret('draining', { drainsUntil: 9 }),
  ]),
  clientOf('no digest', {}, [secret('a', { hash: { kind: 'sha256', digest: 'of another length' } })]),
  clientOf('no such digest', {}, [secret('a', { hash: { kind: 'sha256', digest: `${digestOf('a').slice(0, -1)}B` } })]),
  clientOf('long ids', {}, [secret('c'.repeat(127)), secret('c'.repeat(128)), secret('\u{1f511}'), secret('')]),
  clientOf('a/b/c'),
  clientOf('c'.repeat(128), { displayName: 'ü'.repeat(127) }),
  clientOf('long name', { displayName: 'ü'.repeat(128) }),
  clientOf('no Unicode', { displayName: 'a\ud800' }),
  clientOf('much', {}, [
    entity('credential', 'k', { type: 'key-set', uri: `https://${'u'.repeat(70_000)}`, created: 1 }),
  ]),
  clientOf('keys', {}, [
    key('plain'),
    key('c'.repeat(127)),
    key('c'.repeat(128)),
    key('named', { kid: 'k' }),
    key('of a certificate', { certificate }),
    key('rolled', { origin: 'o' }),
    key('ending', { expires: 5 }),
    key('retired', { retired: 3 }),
    key('of another curve', { algorithm: 'ES384', jwk: { ...jwk, crv: 'P-384' } }),
    key('of RSA', { algorithm: 'RS256', jwk: { e: 'AQAB', kty: 'RSA', n: digestOf('n') } }),
    key('in another order', { jwk: { kty: 'EC', crv: 'P-256', y: jwk.y, x: jwk.x } }),
    key('with more in it', { jwk: { ...jwk, z: jwk.x } }),
    key('with less', { jwk: { crv: 'P-256', kty: 'EC', x: jwk.x } }),
    key('short', { jwk: { ...jwk, y: 'AAAA' } }),
    secret('and a secret'),
  ]),
  clientOf('two secrets', {}, [secret('first'), secret('second')]),
]

/** What is absent and what is undefined are the same to whoever reads a client. */
const shown = (client: Client | undefined): unknown => JSON.parse(JSON.stringify(client ?? null))

for (const [tier, objects] of [
  ['as an object', 100],
  ['packed', 0],
] as const) {
  test(`a client that is kept ${tier} is what was read of it`, () => {
    const cache = createClientCache(100, objects)
    for (const client of clients) cache.set(`acme/one/${client.id}`, client)
    assert.equal(cache.size(), clients.length)
    const names = [...cache.entries()].map(([key, { id }]) => [key, id])
    assert.deepEqual(names.toSorted(), clients.map(({ id }) => [`acme/one/${id}`, id]).toSorted())
    for (const client of clients) assert.deepEqual(shown(cache.get(`acme/one/${client.id}`)), shown(client))
    assert.equal(cache.get('acme/two/plain'), undefined)
    assert.equal(cache.get('acme/one/plai'), undefined)
  })
}

test('a packed client has every member that a client has, also undefined ones', () => {
  const cache = createClientCache(100, 0)
  for (const client of [clientOf('plain'), clientOf('of a key', {}, [key('k'), key('named', { kid: 'k' })])]) {
    for (const name of [`acme/one/${client.id}`, 'by another name']) {
      cache.set(name, client)
      assert.deepEqual(cache.get(name), client)
    }
  }
})

test('what is deleted or replaced is gone, wherever it was kept', () => {
  const cache = createClientCache(100, 2)
  const names = ['a', 'b', 'c', 'd']
  for (const name of names) cache.set(name, clientOf(name))
  for (const name of names) {
    cache.set(name, clientOf(name, { enabled: false }))
    assert.equal(cache.get(name)?.enabled, false)
    cache.delete(name)
    assert.equal(cache.get(name), undefined)
  }
  assert.equal(cache.size(), 0)
  for (const name of names) cache.set(name, clientOf(name))
  cache.clear()
  assert.deepEqual(
    [cache.size(), ...names.map((name) => cache.get(name))],
    [0, undefined, undefined, undefined, undefined],
  )
})

test('it never holds more than its capacity, and what was put in last stays', () => {
  const cache = createClientCache(100, 20)
  for (let index = 0; index < 1000; index += 1) {
    cache.set(`${index}`, clientOf(`${index}`))
    assert.ok(cache.size() <= 100)
    assert.equal(cache.get(`${index}`)?.id, `${index}`)
  }
  for (let index = 961; index < 1000; index += 1) assert.equal(cache.get(`${index}`)?.id, `${index}`)
})

test('whatever is put in, replaced and deleted, it gives back what a map would, and a member that changed is felt', () => {
  const id = fc.constantFrom('a', 'b', 'ab', 'a/b', '/', 'c'.repeat(128))
  const workspace = fc.constantFrom('acme/one', 'acme/two', 'a/b')
  const text = fc.string({ maxLength: 12, unit: 'grapheme' })
  const credential = fc.oneof(
    fc.record({ id: text, more: fc.constant({}) }),
    fc.record({
      id: fc.constantFrom('one', 'two'),
      more: fc.record(
        {
          expires: fc.nat(),
          staged: fc.constant(true),
          retired: fc.nat(),
          leaked: fc.nat(),
          frozen: fc.nat(),
          drainsUntil: fc.nat(),
          hash: fc.record({ kind: fc.constantFrom('sha256', 'phc'), digest: text, phc: text }),
        },
        { requiredKeys: [] },
      ),
    }),
  )
  const body = fc.record(
    {
      displayName: text,
      enabled: fc.boolean(),
      capabilities: fc.constantFrom([], ['client_credentials']),
      tokenLifetime: fc.nat(),
      tokenRateLimit: fc.constantFrom({ perSecond: 10 }, { perSecond: 0.5, burst: 3 }),
      allowedAddresses: fc.constantFrom([], ['10.0.0.0/8']),
    },
    { requiredKeys: [] },
  )
  const operation = fc.record({
    name: fc.constantFrom('set', 'set', 'set', 'delete', 'clear' as const),
    workspace,
    id,
    body,
    credentials: fc.array(credential, { maxLength: 4 }),
  })
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3 }), fc.array(operation, { maxLength: 60 }), (objects, operations) => {
      const cache = createClientCache(1000, objects)
      const model = new Map<string, Client>()
      for (const { name, workspace, id, body, credentials } of operations) {
        const key = `${workspace}/${id}`
        if (name === 'set') {
          const rows = credentials.map((one) => secret(one.id, one.more))
          cache.set(key, clientOf(id, body, rows))
          model.set(key, clientOf(id, body, rows))
        } else if (name === 'delete') {
          cache.delete(key)
          model.delete(key)
        } else {
          cache.clear()
          model.clear()
        }
        assert.deepEqual(shown(cache.get(key)), shown(model.get(key)))
      }
      assert.equal(cache.size(), model.size)
      for (const [key, client] of model) assert.deepEqual(shown(cache.get(key)), shown(client))
      const all = new Map([...cache.entries()].map(([key, client]) => [key, shown(client)]))
      assert.deepEqual(all, new Map([...model].map(([key, client]) => [key, shown(client)])))
    }),
  )
})

test('clients that have nothing in common are kept as well as a fleet is', () => {
  const cache = createClientCache(10_000, 0)
  for (let index = 0; index < 4200; index += 1) cache.set(`${index}`, clientOf(`${index}`, { tokenLifetime: index }))
  for (let index = 0; index < 4200; index += 1) assert.equal(cache.get(`${index}`)?.tokenLifetime, index)
})
