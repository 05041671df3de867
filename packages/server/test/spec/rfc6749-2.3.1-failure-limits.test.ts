import assert from 'node:assert/strict'
import { generateKeyPairSync, pbkdf2Sync, randomUUID, sign } from 'node:crypto'
import { describe, test } from 'node:test'
import { startAdminServer } from '../admin-fixture.ts'
import { auditOf, change, create } from '../configure.ts'
import { casesFounding, type Ending, startTestServer, type TestServer } from '../fixtures.ts'
import { rawPost, sendRaw } from '../raw-request.ts'
import { assertRefused, refusalEvent } from '../refusals.ts'

const grant = { grant_type: 'client_credentials' }

const token = (server: TestServer, client: string, secret?: string): Promise<Response> =>
  server.post('/oauth2/token', grant, server.basic(client, secret))

/** A token request from another address of this machine. */
const tokenFrom = (server: TestServer, address: string, client: string, secret?: string) => {
  const { authorization = '' } = server.basic(client, secret)
  const headers = [`Authorization: ${authorization}`, 'Content-Type: application/x-www-form-urlencoded']
  const { pathname } = new URL(server.issuer)
  return sendRaw(
    server.publicUrl,
    rawPost(`${pathname}/oauth2/token`, headers, 'grant_type=client_credentials'),
    address,
  )
}

const assertBlocked = async (response: Response): Promise<void> => {
  await assertRefused(response.clone(), 429, 'temporarily_unavailable')
  assert.match(response.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
  assert.equal(response.headers.get('www-authenticate'), null)
}

const metricsOf = async (server: TestServer): Promise<string> => (await fetch(`${server.adminUrl}/metrics`)).text()

const startWith = (ending: Ending, failures: string) =>
  startTestServer(ending, { settings: { failureLimit: failures, failedClientLimit: '50', failureTime: '3600' } })

test('SEC-182: of a thousand wrong secrets from one address all but the first thirty get 429, and so does the right one', async (t) => {
  const server = await startTestServer(t)
  const before = await server.store.audit.newest()
  const began = server.clock.elapsed()
  const statuses = new Map<number, number>()
  for (let round = 0; round < 125; round += 1) {
    const answers = await Promise.all(Array.from({ length: 8 }, () => token(server, 'cb', `wrong-${round}`)))
    for (const answer of answers) {
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      if (answer.status === 429) await assertBlocked(answer)
      else await assertRefused(answer, 401, 'invalid_client')
    }
  }
  const tried = statuses.get(401) ?? 0
  const refused = statuses.get(429) ?? 0
  assert.equal(tried + refused, 1000)
  // What was under way when the limit was reached comes on top, and what came back meanwhile.
  const seconds = (server.clock.elapsed() - began) / 1000
  assert.ok(tried >= 30 && tried <= 30 + 8 + Math.ceil(seconds / 5), `${tried} in ${seconds} s`)

  const [right, wrong] = [await token(server, 'cb'), await token(server, 'cb', 'wrong')]
  await assertBlocked(right)
  assert.deepEqual(
    [await right.text(), [...right.headers.keys()]],
    [await wrong.text(), [...wrong.headers.keys()]],
    'nothing tells the right secret from a wrong one',
  )

  // The log has an event for each that was tried, and one for all that were not.
  const event = await refusalEvent(server, right)
  assert.deepEqual(
    [event.type, event.client, event.address, event.check],
    ['client-authentication.blocked', 'cb', '127.0.0.1', 'client-failures'],
  )
  const { events } = await server.store.audit.follow({}, before, 1000)
  assert.equal(events.length, tried + 1)
  const metrics = await metricsOf(server)
  assert.match(metrics, new RegExp(`^mintmark_limited_total{limit="client-failures"} ${refused + 2}$`, 'm'))
  assert.match(metrics, /^mintmark_limit_blocks_total{limit="client-failures"} 1$/m)
  assert.match(metrics, /^mintmark_cache_entries{cache="failures"} [1-9]/m)
  assert.match(metrics, new RegExp(`^mintmark_requests_total{endpoint="token",outcome="429"} ${refused + 2}$`, 'm'))

  server.clock.advance(5000)
  assert.equal((await token(server, 'cb')).status, 200)
})

test('SEC-182: guesses at a chosen secret that are sent all at once are no more than those sent one by one', async (t) => {
  const server = await startWith(t, '3')
  const target = { ...server, workspace: casesFounding.workspace }
  await create(target, 'client', 'imported', { capabilities: ['client_credentials'] })
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replaceAll('=', '')
  const salt = Buffer.alloc(16, 7)
  const phc = `$pbkdf2-sha256$i=1000$${base64(salt)}$${base64(pbkdf2Sync('chosen', salt, 1000, 32, 'sha256'))}`
  const credential = { type: 'secret', hash: { kind: 'phc', phc }, hint: '', created: server.clock.now() }
  await create(target, 'credential', 'chosen0', credential, 'imported')
  const guesses = async (): Promise<number> => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) => token(server, 'imported', `guess ${index}`)),
    )
    const looked = answers.filter(({ status }) => status === 401)
    for (const answer of answers) if (answer.status !== 401) await assertBlocked(answer)
    return looked.length
  }
  assert.equal(await guesses(), 3)
  // One comes back: it is one guess again, and not as many as fit into the moment in which it is there.
  server.clock.advance(1_200_000)
  assert.equal(await guesses(), 1)
  await assertBlocked(await token(server, 'imported', 'chosen'))
  server.clock.advance(3_600_000)
  await assertRefused(await token(server, 'imported', 'wrong'), 401, 'invalid_client')
  assert.notEqual((await token(server, 'imported', 'chosen')).status, 401)
})

test('SEC-183: a flood against a client from one address leaves it alone at another, and other clients at the same', async (t) => {
  const server = await startTestServer(t)
  for (let time = 0; time < 100; time += 1) {
    await tokenFrom(server, '127.0.0.3', 'cb', 'wrong')
    if (time % 10 === 0) assert.equal((await tokenFrom(server, '127.0.0.2', 'cb')).status, 200)
  }
  assert.equal((await tokenFrom(server, '127.0.0.3', 'cb')).status, 429)
  assert.equal((await tokenFrom(server, '127.0.0.2', 'cb')).status, 200)
  assert.equal((await tokenFrom(server, '127.0.0.3', 'cx')).status, 200)
})

test('an unknown client is refused as a known one is: the limit does not tell which there are', async (t) => {
  const server = await startWith(t, '3')
  const answers = async (client: string) => {
    const all: unknown[] = []
    for (let time = 0; time < 5; time += 1) {
      const response = await token(server, client, 'wrong')
      const names = [...response.headers.keys()]
      all.push([response.status, names, response.headers.get('retry-after'), await response.text()])
    }
    return all
  }
  assert.deepEqual(await answers('nobody'), await answers('cb'))
})

test('the limit is one for all endpoints where a client authenticates', async (t) => {
  const server = await startWith(t, '3')
  const wrong = server.basic('rsA', 'wrong')
  await assertRefused(await server.post('/oauth2/introspect', { token: 'x' }, wrong), 401, 'invalid_client')
  await assertRefused(await server.post('/oauth2/revoke', { token: 'x' }, wrong), 401, 'invalid_client')
  await assertRefused(await server.post('/oauth2/token', grant, wrong), 401, 'invalid_client')
  for (const path of ['/oauth2/introspect', '/oauth2/revoke', '/oauth2/token']) {
    await assertBlocked(await server.post(path, { ...grant, token: 'x' }, server.basic('rsA')))
  }
  assert.equal((await auditOf(server.store, { types: ['client-authentication.blocked'] })).length, 1)
})

test('who tries one secret at many clients is refused at all but those that came from there before', async (t) => {
  const server = await startWith(t, '3')
  assert.equal((await token(server, 'cb')).status, 200)
  for (let client = 0; client < 50; client += 1) {
    await assertRefused(await token(server, `guess-${client}`, 'wrong'), 401, 'invalid_client')
  }
  const blocked = await token(server, 'cx')
  await assertBlocked(blocked)
  const event = await refusalEvent(server, blocked)
  assert.deepEqual(
    [event.type, event.client, event.check],
    ['client-authentication.blocked', undefined, 'address-failures'],
  )
  assert.equal((await token(server, 'cb')).status, 200)
  assert.equal((await tokenFrom(server, '127.0.0.2', 'cx')).status, 200)
})

test('requests without any authentication count for their address', async (t) => {
  const server = await startWith(t, '3')
  for (let time = 0; time < 50; time += 1) {
    await assertRefused(await server.post('/oauth2/token', grant), 401, 'invalid_client')
  }
  await assertBlocked(await token(server, 'cx'))
})

test('malformed requests, refused scopes and undecidable ones are no failures of authentication', async (t) => {
  const server = await startWith(t, '3')
  for (let time = 0; time < 10; time += 1) {
    assert.equal((await server.post('/oauth2/token', { ...grant, scope: 'none' }, server.basic('cb'))).status, 400)
    assert.equal((await server.post('/oauth2/token', 'a=1&a=1', server.basic('cb'))).status, 400)
  }
  assert.equal((await token(server, 'cb')).status, 200)
})

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

test('forged assertions are counted like wrong secrets, also at the roll-over of keys, and a good one is refused unseen', async (t) => {
  const server = await startAdminServer(t, { settings: { failureLimit: '3' } })
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const input = {
    id: 'cj',
    capabilities: ['client_credentials'],
    permissions: casesFounding.clients.cb?.permissions ?? [],
    authenticationMethods: ['private_key_jwt'],
  }
  assert.equal((await server.call('createClient', {}, { input })).status, 201)
  const key = { type: 'key', jwk: publicKey.export({ format: 'jwk' }) }
  assert.equal((await server.call('createClientKey', { client: 'cj' }, { input: key })).status, 201)
  const signed = (signer = privateKey, typ = 'JWT'): string => {
    const now = Math.floor(server.clock.now() / 1000)
    const claims = { iss: 'cj', sub: 'cj', aud: server.issuer, jti: randomUUID(), iat: now, exp: now + 60 }
    const text = `${encode({ alg: 'ES256', typ })}.${encode(claims)}`
    return `${text}.${sign('sha256', Buffer.from(text), { key: signer, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
  }
  const ask = (assertion: string): Promise<Response> =>
    server.post('/oauth2/token', { ...grant, client_assertion_type: assertionType, client_assertion: assertion })
  const { privateKey: foreign } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  assert.equal((await ask(signed())).status, 200)
  await assertRefused(await ask(signed(foreign)), 401, 'invalid_client')
  await assertRefused(await ask(signed(foreign)), 401, 'invalid_client')
  const rollover = signed(foreign, 'client-key-rollover+jwt')
  await assertRefused(await server.post('/oauth2/client-key-rollover', { rollover }), 401, 'invalid_client')
  const good = signed()
  await assertBlocked(await ask(good))
  await assertBlocked(await server.post('/oauth2/client-key-rollover', { rollover }))
  // It was not looked at, so that it is good when the block is over.
  server.clock.advance(50_000)
  assert.equal((await ask(good)).status, 200)
})

test('administrators prove themselves at the same limit, each on their own', async (t) => {
  const server = await startWith(t, '3')
  const system = `${server.adminUrl}/system/admin/oauth2/token`
  const ask = (client: string): Promise<Response> => server.post(system, grant, server.basic(client, 'wrong'))
  for (let time = 0; time < 3; time += 1) await assertRefused(await ask('cli'), 401, 'invalid_client')
  await assertBlocked(await ask('cli'))
  await assertRefused(await ask('another'), 401, 'invalid_client')
})

describe('behind a proxy', () => {
  const proxied = (server: TestServer, said: string, client: string, secret?: string): Promise<Response> =>
    server.post('/oauth2/token', grant, { ...server.basic(client, secret), 'x-forwarded-for': said })

  test('SEC-183: whose failures are counted is what the named proxy says, and not what a caller says to it', async (t) => {
    const settings = { failureLimit: '3', proxyAddresses: '127.0.0.1, ::1', proxyAddressHeader: 'x-forwarded-for' }
    const server = await startTestServer(t, { settings })
    for (let time = 0; time < 3; time += 1) {
      // The proxy adds the last; whatever an attacker puts before it buys nothing.
      await assertRefused(await proxied(server, `192.0.2.${time}, 198.51.100.1`, 'cb', 'wrong'), 401, 'invalid_client')
    }
    const blocked = await proxied(server, '192.0.2.77, 198.51.100.1', 'cb')
    await assertBlocked(blocked)
    assert.equal((await refusalEvent(server, blocked)).address, '198.51.100.1')
    assert.equal((await proxied(server, '198.51.100.1, 203.0.113.5', 'cb')).status, 200)
    await assertRefused(await proxied(server, 'unknown', 'cb'), 400, 'invalid_request')
  })

  test('the addresses a client is allowed are those of callers', async (t) => {
    const settings = { proxyAddresses: '127.0.0.1', proxyAddressHeader: 'x-forwarded-for' }
    const server = await startTestServer(t, { settings })
    await change({ ...server, workspace: casesFounding.workspace }, 'client', 'cb', {
      allowedAddresses: ['192.0.2.0/24'],
    })
    assert.equal((await proxied(server, '192.0.2.7', 'cb')).status, 200)
    await assertRefused(await proxied(server, '192.0.2.7, 203.0.113.5', 'cb'), 401, 'invalid_client')
    await assertRefused(await token(server, 'cb'), 401, 'invalid_client')
  })

  test('without a named proxy the header is nothing', async (t) => {
    const server = await startTestServer(t, { settings: { failureLimit: '3' } })
    for (let time = 0; time < 3; time += 1) await proxied(server, `192.0.2.${time}`, 'cb', 'wrong')
    await assertBlocked(await proxied(server, '192.0.2.200', 'cb'))
  })
})
