import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { createKeyring } from '../src/keys/keyring.ts'
import { parseMasterKey } from '../src/keys/master-key.ts'
import { createKeyRotation } from '../src/keys/rotate.ts'
import type { Founding } from '../src/registry/bootstrap.ts'
import { change } from './configure.ts'
import { casesFounding, startTestServer, type TestServer } from './fixtures.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const maxAge = 900
const tokenLifetime = 3600
const longestLifetime = 7200
const skew = 60

const founding: Founding = { ...casesFounding, settings: { tokenLifetime, maxTokenLifetime: longestLifetime } }
const settings = { keysActive: '1', keysAnnounced: '0', metadataMaxAge: String(maxAge) } as const
const workspace = founding.workspace
const start = (context: Parameters<typeof startTestServer>[0]) => startTestServer(context, { founding, settings })

const kidOf = (token: string): string => decodeProtectedHeader(token).kid ?? ''

const readKeySet = async (server: TestServer): Promise<JSONWebKeySet> =>
  (await fetch(`${server.issuer}/.well-known/jwks.json`)).json() as Promise<JSONWebKeySet>

const kids = ({ keys }: JSONWebKeySet): readonly string[] => keys.map(({ kid }) => kid ?? '')

/**
 * The strictest verifier that keeps to HTTP: it reads the key set when its copy is as old as it may get, and never sooner,
 * not for an unknown `kid` either.
 */
const createVerifier = (server: TestServer, algorithms?: string[]) => {
  let readAt = Number.NEGATIVE_INFINITY
  let keySet: JSONWebKeySet = { keys: [] }
  return async (token: string): Promise<void> => {
    if (server.clock.now() - readAt >= maxAge * second) {
      readAt = server.clock.now()
      keySet = await readKeySet(server)
    }
    await jwtVerify(token, createLocalJWKSet(keySet), {
      issuer: server.issuer,
      audience: 'https://api-a.test',
      typ: 'at+jwt',
      currentDate: new Date(server.clock.now()),
      ...(algorithms === undefined ? {} : { algorithms }),
    })
  }
}

type Alive = { readonly token: string; readonly expires: number }

test('REL-029, REL-030: through three scheduled rotations no verifier fails, and keys are published in order', async (context) => {
  const server = await start(context)
  const verifiers = Array.from({ length: 3 }, () => createVerifier(server))
  const published = new Map<string, { first: number; last: number }>()
  const signed = new Map<string, { first: number; last: number }>()
  const note = (seen: typeof signed, kid: string) => {
    const now = server.clock.now()
    seen.set(kid, { first: seen.get(kid)?.first ?? now, last: now })
  }
  const step = 10 * minute
  let alive: Alive[] = []
  for (let time = 0; time < 3 * 24 * hour + 4 * hour; time += step) {
    await server.keys.runSchedule()
    for (const kid of kids(await readKeySet(server))) note(published, kid)
    const token = await server.token('cb')
    note(signed, kidOf(token))
    alive = alive.filter(({ expires }) => expires > server.clock.now())
    alive.push({ token, expires: server.clock.now() + tokenLifetime * second })
    const turn = time / step
    // Each verifier has its own phase, and sees the newest token at once and the older ones now and then.
    const verify = verifiers[turn % 3] ?? assert.fail()
    await verify(token)
    if (turn % 4 === 0) for (const older of alive) await verify(older.token)
    server.clock.advance(step)
  }
  assert.equal(signed.size, 4)
  const inOrder = [...signed.entries()].toSorted(([, a], [, b]) => a.first - b.first)
  for (const [index, [kid, use]] of inOrder.entries()) {
    const shown = published.get(kid) ?? assert.fail('signed with a key that was never published')
    const successor = inOrder[index + 1]?.[1]
    if (index > 0) assert.ok(use.first - shown.first >= (maxAge + skew) * second - step, 'announced long enough')
    if (successor === undefined) continue
    assert.ok(successor.first > use.last, 'one key signs at a time')
    const after = shown.last - use.last
    assert.ok(after >= (longestLifetime + skew) * second - step, 'published until its longest token is dead')
    assert.ok(after <= (longestLifetime + skew) * second + 2 * step, 'gone then')
  }
  const types = (await server.store.audit.list({ workspace, types: ['key.'] }, Number.MAX_SAFE_INTEGER, 100)).events
  const count = (type: string) => types.filter((event) => event.type === type).length
  assert.equal(count('key.created'), 4)
  assert.equal(count('key.rotated'), 3)
  assert.equal(count('key.removed'), 2)
})

test('a rotation by command is announced first; two at once, and the schedule with them, make one key', async (context) => {
  const server = await start(context)
  const first = kidOf(await server.token('cb'))
  const masterKey = parseMasterKey(readFileSync(join(server.dataDirectory, 'master-key'), 'utf8'), 'test')
  const { store, clock, random } = server
  const otherNode = createKeyRotation({
    store: store.keys,
    keyring: createKeyring({ store: store.keys, masterKey, clock, random }),
    masterKey,
    needsOf: async () => ({ longestLifetime, algorithms: new Set(['ES256']) }),
    revokeKey: async () => {},
    terms: { active: 1, announced: 0, metadataMaxAge: maxAge },
    clock,
    random,
  })
  server.clock.advance(24 * hour - 10 * minute)
  const successors = await Promise.all([
    server.keys.rotate(workspace, 'ES256', 'system/admin/cli'),
    otherNode.rotate(workspace, 'ES256', 'system/admin/cli'),
    server.keys.rotate(workspace, 'ES256', 'system/admin/cli'),
    server.keys.runSchedule(),
    otherNode.runSchedule(),
  ])
  const [successor] = successors
  assert.deepEqual(new Set(successors.slice(0, 3).map((key) => key?.kid)), new Set([successor.kid]))
  assert.deepEqual(kids(await readKeySet(server)), [first, successor.kid])
  assert.equal(kidOf(await server.token('cb')), first)
  server.clock.advance((maxAge + skew) * second)
  assert.equal(kidOf(await server.token('cb')), successor.kid)
  const { events } = await server.store.audit.list({ workspace, types: ['key.created'] }, Number.MAX_SAFE_INTEGER, 10)
  assert.equal(events.filter(({ body }) => body.includes(successor.kid)).length, 1)
})

test('REL-032: a compromised key is gone at once, what it signed is dead, and another signs', async (context) => {
  const server = await start(context)
  const token = await server.token('cb')
  const kid = kidOf(token)
  const isActive = async (text: string, by: string) => {
    const response = await server.post('/oauth2/introspect', { token: text }, server.basic(by))
    return ((await response.json()) as { active: boolean }).active
  }
  assert.equal(await isActive(token, 'rsA'), true)
  const given = await server.keys.compromise(workspace, kid, 'system/admin/cli')
  assert.equal(given?.kid, kid)
  assert.equal(await isActive(token, 'rsA'), false)
  assert.notEqual(given?.compromisedAt, undefined)
  const keySet = await readKeySet(server)
  assert.ok(!kids(keySet).includes(kid))
  await assert.rejects(jwtVerify(token, createLocalJWKSet(keySet)), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
  const next = await server.token('cb')
  assert.notEqual(kidOf(next), kid)
  assert.equal(await isActive(next, 'rsA'), true)
  await createVerifier(server)(next)
  const revocations = await server.store.revocations.listLive(Math.floor(server.clock.now() / 1000))
  assert.deepEqual(
    revocations.map((revocation) => [revocation.workspace, revocation.subject, revocation.value]),
    [[workspace, 'key', kid]],
  )
  const events = await server.store.audit.list({ workspace }, Number.MAX_SAFE_INTEGER, 100)
  const types = events.events.map(({ type }) => type)
  for (const type of ['key.compromised', 'key.created', 'token.revoked']) assert.ok(types.includes(type), type)

  assert.equal((await server.keys.compromise(workspace, kid, 'system/admin/cli'))?.kid, kid)
  assert.equal(kidOf(await server.token('cb')), kidOf(next))
  assert.equal(await server.keys.compromise(workspace, 'nosuchkey', 'system/admin/cli'), undefined)
})

test('keys that seal opaque tokens rotate too, are never published, and can be given up', async (context) => {
  const server = await start(context)
  const seal = () => server.token('cx', { resource: 'https://api-b.test', scope: 'b:read' })
  const sealing = async () =>
    (await server.store.keys.listKeys(workspace)).filter(({ algorithm }) => algorithm === 'A256GCM')
  const isActive = async (token: string) => {
    const response = await server.post('/oauth2/introspect', { token }, server.basic('rsB'))
    return ((await response.json()) as { active: boolean }).active
  }
  await seal()
  server.clock.advance(24 * hour - 10 * minute)
  await server.keys.runSchedule()
  const [first, second] = await sealing()
  server.clock.advance((maxAge + skew) * 1000 - 5 * minute)
  const old = await seal()
  server.clock.advance(10 * minute)
  const young = await seal()
  assert.deepEqual([await isActive(old), await isActive(young)], [true, true])
  await server.keys.compromise(workspace, second?.kid ?? '', 'system/admin/cli')
  assert.deepEqual([await isActive(old), await isActive(young)], [true, false])
  await server.keys.compromise(workspace, first?.kid ?? '', 'system/admin/cli')
  assert.deepEqual([await isActive(old), await isActive(await seal())], [false, true])
  assert.equal((await sealing()).length, 3)
  assert.deepEqual(
    (await readKeySet(server)).keys.filter(({ kty }) => kty === 'oct'),
    [],
  )
})

test('REL-034: an API moves from RS256 to ES256 without a failure when the new key is announced first', async (context) => {
  const server = await startTestServer(context, {
    founding: {
      ...founding,
      apis: {
        ...founding.apis,
        'api-a': {
          audience: 'https://api-a.test',
          scopes: [
            { name: 'api:read', description: '' },
            { name: 'api:write', description: '' },
          ],
          algorithm: 'RS256',
        },
      },
    },
    settings,
  })
  const verify = createVerifier(server)
  const pinned = createVerifier(server, ['RS256'])
  const old = await server.token('cb')
  await verify(old)
  await pinned(old)
  const announced = await server.keys.rotate(workspace, 'ES256', 'system/admin/cli')
  server.clock.advance((maxAge + skew) * second)
  await change({ ...server, workspace }, 'api', 'api-a', { algorithm: 'ES256' })
  const token = await server.token('cb')
  assert.deepEqual(decodeProtectedHeader(token), { typ: 'at+jwt', alg: 'ES256', kid: announced.kid })
  await verify(token)
  await pinned(old)
  const { keys } = await readKeySet(server)
  assert.deepEqual(
    keys.map(({ alg, kty, use }) => [alg, kty, use]),
    [
      ['RS256', 'RSA', 'sig'],
      ['ES256', 'EC', 'sig'],
    ],
  )
  // Nothing signs RS256 any more: its key ends its term without a successor.
  server.clock.advance(24 * hour)
  await server.keys.runSchedule()
  server.clock.advance((longestLifetime + skew) * second)
  await server.keys.runSchedule()
  assert.ok((await readKeySet(server)).keys.every(({ alg }) => alg === 'ES256'))
})

test('SEC-140: keys of every algorithm are strong, and nothing symmetric or weak is published', async (context) => {
  const algorithms = ['ES256', 'RS256', 'PS256', 'Ed25519', 'EdDSA'] as const
  const server = await startTestServer(context, {
    founding: {
      ...founding,
      apis: Object.fromEntries(
        algorithms.map((algorithm) => [
          algorithm,
          { audience: `https://${algorithm}.test`, scopes: [{ name: 'read', description: '' }], algorithm },
        ]),
      ),
      clients: {
        all: {
          capabilities: ['client_credentials'],
          permissions: algorithms.map((api) => ({ api, scopes: ['read'], defaultScopes: ['read'] })),
        },
      },
    },
  })
  for (const algorithm of algorithms) {
    const token = await server.token('all', { resource: `https://${algorithm}.test` })
    assert.equal(decodeProtectedHeader(token).alg, algorithm)
    await jwtVerify(token, createLocalJWKSet(await readKeySet(server)), { audience: `https://${algorithm}.test` })
  }
  const { keys } = await readKeySet(server)
  assert.deepEqual(keys.map(({ alg }) => alg).toSorted(), algorithms.toSorted())
  for (const key of keys) {
    if (key.kty === 'RSA') assert.ok(Buffer.from(key.n ?? '', 'base64url').length * 8 >= 2048)
    if (key.kty === 'EC') assert.equal(key.crv, 'P-256')
    if (key.kty === 'OKP') assert.equal(key.crv, 'Ed25519')
  }
})

test('with its clock before the key begins the server refuses with 503 and says why, and recovers', async (context) => {
  const server = await start(context)
  const kid = kidOf(await server.token('cb'))
  server.clock.advance(-24 * hour)
  const response = await server.post('/oauth2/token', { grant_type: 'client_credentials' }, server.basic('cb'))
  assert.equal(response.status, 503)
  assert.equal(response.headers.get('retry-after'), '5')
  assert.equal(((await response.json()) as { error: string }).error, 'temporarily_unavailable')
  const reference = response.headers.get('mintmark-reference') ?? ''
  const { events } = await server.store.audit.list({ reference }, Number.MAX_SAFE_INTEGER, 10)
  assert.match(events[0]?.body ?? '', /begins at .*is the clock right\?/)
  server.clock.advance(24 * hour)
  assert.equal(kidOf(await server.token('cb')), kid)
  assert.equal((await server.store.keys.listKeys(workspace)).length, 1)
})

test('REL-047: a clock that jumps ahead and returns takes no key away from tokens that live', async (context) => {
  const server = await start(context)
  const token = await server.token('cb')
  await server.keys.rotate(workspace, 'ES256', 'system/admin/cli')
  server.clock.advance(4 * hour)
  await server.keys.runSchedule()
  await server.token('cb')
  server.clock.advance(-4 * hour)
  await server.keys.runSchedule()
  await createVerifier(server)(token)
  await createVerifier(server)(await server.token('cb'))
})
