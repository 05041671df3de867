import assert from 'node:assert/strict'
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import type { TestContext } from 'node:test'
import { startAdminServer } from './admin-fixture.ts'
import { casesFounding, startTestServer, type TestServer } from './fixtures.ts'
import { refusalEvent } from './refusals.ts'

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

export const presentAssertion = (server: TestServer, assertion: string): Promise<Response> =>
  server.post('/oauth2/token', {
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  })

/** Whether a token lives, asked as the API it is for. */
export const isActive = async (server: TestServer, secrets: TestServer, token: string): Promise<boolean> => {
  const asks = token.startsWith('mmk_') ? 'rsB' : 'rsA'
  const response = await server.post('/oauth2/introspect', { token }, secrets.basic(asks))
  return ((await response.json()) as { active: boolean }).active
}

/** The keys that an issuer publishes. */
export const kidsOf = async (issuer: string): Promise<readonly string[]> => {
  const { keys } = (await (await fetch(`${issuer}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] }
  return keys.map(({ kid }) => kid)
}

/** A server with a client that signs assertions, on which things happen before a backup and after it. */
export const startOld = async (t: TestContext, store: string) => {
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

export type Old = Awaited<ReturnType<typeof startOld>>

/** A server at the same URL over what was restored. */
export const startAgain = (t: TestContext, { old }: Old, dataDirectory: string, store: string): Promise<TestServer> =>
  startTestServer(t, { dataDirectory, settings: { publicPort: new URL(old.publicUrl).port, store } })

/** Whatever was issued or made before the restore is dead on the server, and what is new lives. */
export const assertOnlyNewLives = async (
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
