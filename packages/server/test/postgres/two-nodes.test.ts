import assert from 'node:assert/strict'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { SignJWT } from 'jose'
import { readClientKey } from '../../src/registry/client-key.ts'
import { administratorFile } from '../../src/server/administrator-file.ts'
import { change, create, remove } from '../configure.ts'
import { proofMaker } from '../dpop-proof.ts'
import { manyFailures } from '../fixtures.ts'
import { until } from '../until.ts'
import { startNodes } from './nodes.ts'
import { sharedPostgres } from './postgres-server.ts'
import { migratedDatabase } from './test-store.ts'

const { createDatabase, query } = await sharedPostgres()
const { name, url, drop } = await createDatabase(await migratedDatabase())
const { nodes, issuer } = await startNodes({ after }, url, manyFailures)
after(drop)
const [a, b] = nodes
const clock = { ...a.clock, elapsed: () => performance.now(), advance: () => {}, jump: () => {} }
const atA = { store: a.store, clock, workspace: 'acme/cases' as const }

/** Token requests at both nodes while something is done. */
const underLoad = async <T>(act: () => Promise<T>): Promise<T> => {
  let done = false
  const load = nodes.flatMap((node) =>
    [0, 1].map(async () => {
      while (!done) await node.token('cx')
    }),
  )
  return act().finally(async () => {
    done = true
    await Promise.all(load)
  })
}

const report = (times: readonly number[]): { readonly text: string; readonly p99: number } => {
  const sorted = times.toSorted((x, y) => x - y)
  const at = (part: number): number => Math.round(sorted[Math.floor(part * (sorted.length - 1))] ?? 0)
  return { text: `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms`, p99: at(0.99) }
}

test('both nodes are one issuer: the tokens of one are good at the other', async () => {
  assert.equal(await b.isActive(await a.token()), true)
  assert.equal(await a.isActive(await b.token()), true)
  const keys = await Promise.all(nodes.map(async (node) => (await node.get('/.well-known/jwks.json')).json()))
  assert.deepEqual(keys[0], keys[1])
})

test('REL-019: a revocation at one node is felt at the other within a second, two hundred times under load', async (t) => {
  const times: number[] = []
  await underLoad(async () => {
    for (let trial = 0; trial < 200; trial += 1) {
      const token = await a.token()
      assert.equal(await b.isActive(token), true)
      assert.equal((await a.post('/oauth2/revoke', { token }, a.basic('cb'))).status, 200)
      times.push(await until('a revocation is known at the other node', async () => !(await b.isActive(token))))
    }
  })
  const { text, p99 } = report(times)
  t.diagnostic(text)
  assert.ok(p99 < 1000, text)
})

test('REL-020: a client disabled and enabled at one node is so at the other within a second, two hundred times', async (t) => {
  const times: number[] = []
  const status = async () => (await b.post('/oauth2/token', { grant_type: 'client_credentials' }, b.basic('cb'))).status
  await underLoad(async () => {
    for (let trial = 0; trial < 100; trial += 1) {
      await change(atA, 'client', 'cb', { enabled: false })
      times.push(await until('the other node refuses', async () => (await status()) === 401))
      await change(atA, 'client', 'cb', { enabled: undefined })
      times.push(await until('the other node takes it', async () => (await status()) === 200))
    }
  })
  const { text, p99 } = report(times)
  t.diagnostic(text)
  assert.ok(p99 < 1000, text)
})

test('REL-020: a secret removed at one node opens nothing at the other within a second', async (t) => {
  const [{ body, id } = { body: '', id: '' }] =
    (await a.store.configuration.readClient('acme/cases', 'cb'))?.credentials ?? []
  const times: number[] = []
  const status = async () => (await b.post('/oauth2/token', { grant_type: 'client_credentials' }, b.basic('cb'))).status
  for (let trial = 0; trial < 20; trial += 1) {
    assert.equal(await status(), 200)
    await remove(atA, 'credential', id, 'cb')
    times.push(await until('the other node refuses', async () => (await status()) === 401))
    await create(atA, 'credential', id, JSON.parse(body) as object, 'cb')
    await until('the other node takes it', async () => (await status()) === 200)
  }
  const { text, p99 } = report(times)
  t.diagnostic(text)
  assert.ok(p99 < 1000, text)
})

test('REL-022: one client assertion sent to both nodes at the same instant is taken once, a hundred times', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = readClientKey({ ...publicKey.export({ format: 'jwk' }), alg: 'ES256' })
  await create(atA, 'client', 'asserts', {
    capabilities: ['client_credentials'],
    authenticationMethods: ['private_key_jwt'],
    permissions: [{ api: 'api-a', scopes: ['api:read'], defaultScopes: ['api:read'] }],
  })
  await create(atA, 'credential', 'key-1', { type: 'key', ...key, created: Date.now() }, 'asserts')
  const form = async () => ({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await new SignJWT({ jti: randomUUID() })
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuer('asserts')
      .setSubject('asserts')
      .setAudience(issuer)
      .setIssuedAt()
      .setExpirationTime('60s')
      .sign(privateKey),
  })
  await until('the assertion is taken', async () => (await b.post('/oauth2/token', await form())).status === 200)
  for (let trial = 0; trial < 100; trial += 1) {
    const one = await form()
    const answers = await Promise.all(nodes.map((node) => node.post('/oauth2/token', one)))
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 401])
  }
})

test('REL-022: one DPoP proof sent to both nodes at the same instant is taken once, a hundred times', async () => {
  const { proof } = await proofMaker(`${issuer}/oauth2/token`, Date.now)
  for (let trial = 0; trial < 100; trial += 1) {
    const headers = { ...a.basic('cb'), dpop: proof() }
    const answers = await Promise.all(
      nodes.map((node) => node.post('/oauth2/token', { grant_type: 'client_credentials' }, headers)),
    )
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 400])
  }
})

test('REL-032: a key given up at one node is gone from the other within a second, and what it signed is dead there', async () => {
  const token = await b.token()
  const kid = (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }).kid
  const published = async () =>
    ((await (await b.get('/.well-known/jwks.json')).json()) as { keys: { kid: string }[] }).keys.map((key) => key.kid)
  assert.ok((await published()).includes(kid))
  await a.keys.compromise('acme/cases', kid, 'test')
  assert.ok((await until('the key is gone', async () => !(await published()).includes(kid))) < 1000)
  assert.ok((await until('a revocation is known at the other node', async () => !(await b.isActive(token)))) < 1000)
  assert.equal(await b.isActive(await b.token()), true)
})

test('REL-016, REL-017: no node has more connections than it may, and none acknowledges what is not on the disk', async (t) => {
  let most = 0
  const sessions = async () =>
    (
      await query(
        'postgres',
        "SELECT application_name, count(*)::int AS count FROM pg_stat_activity WHERE datname = $1 AND application_name LIKE 'mintmark%' GROUP BY 1",
        [name],
      )
    ).rows as { application_name: string; count: number }[]
  await underLoad(async () => {
    for (let round = 0; round < 10; round += 1) {
      await Promise.all([
        ...nodes.flatMap((node) => Array.from({ length: 60 }, () => node.token())),
        ...nodes.flatMap((node) => Array.from({ length: 30 }, () => node.store.configuration.listWorkspaces())),
        sessions().then((all) => {
          most = Math.max(
            most,
            all.reduce((sum, { count }) => sum + count, 0),
          )
        }),
      ])
    }
  })
  t.diagnostic(`${most} connections of two nodes`)
  assert.ok(most <= 20, String(most))
  assert.ok(most > 4)
  const { rows } = await query(name, 'SHOW synchronous_commit')
  assert.equal(rows[0]?.synchronous_commit, 'on')
})

test('of nodes that start at once over an empty database one keeps the administrator, and both serve', async (t) => {
  const empty = await createDatabase()
  const { nodes: started } = await startNodes(t, empty.url, {}, 'at once')
  t.after(empty.drop)
  const files = started.filter(({ dataDirectory }) => existsSync(join(dataDirectory, administratorFile)))
  assert.equal(files.length, 1)
  for (const node of started) assert.equal(typeof (await node.token()), 'string')
})

test('a node with another master key is refused', async (t) => {
  await assert.rejects(startNodes(t, url, { masterKey: 'ab'.repeat(32) }), { name: 'MasterKeyError' })
})
