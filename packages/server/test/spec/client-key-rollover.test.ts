import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { calculateJwkThumbprint } from 'jose'
import { startAdminServer } from '../admin-fixture.ts'
import { issue } from '../certificates.ts'
import { auditOf } from '../configure.ts'
import { casesFounding, manyFailures } from '../fixtures.ts'
import { assertRefused, issuedCount, refusalEvent } from '../refusals.ts'
import { assertionBy, type Differences, type HeldKey, newKey, rolloverOf } from '../rollover.ts'

const server = await startAdminServer({ after }, { settings: manyFailures })
const { call, issuer, clock } = server
const permissions = casesFounding.clients.cb?.permissions ?? []
const path = '/oauth2/client-key-rollover'
const day = 86_400_000
const workspace = 'acme/cases'

const register = (client: string, { jwk, alg }: HeldKey, more: object = {}) =>
  call('createClientKey', { client }, { input: { type: 'key', jwk: { ...jwk, alg }, ...more } })

/** A client with one key that it may roll over. */
const createClient = async (id: string, more: object = {}, key?: HeldKey): Promise<HeldKey> => {
  const input = {
    id,
    capabilities: ['client_credentials', 'key_rollover'],
    permissions,
    authenticationMethods: ['private_key_jwt'],
    ...more,
  }
  const created = await call('createClient', {}, { input })
  assert.equal(created.status, 201, created.text)
  const present = key ?? (await newKey())
  assert.equal((await register(id, present)).status, 201)
  return present
}

const making = (client: string, present: HeldKey, next: HeldKey) => ({
  client,
  issuer,
  now: clock.now(),
  present,
  next,
})
const requestOf = (client: string, present: HeldKey, next: HeldKey, differences: Differences = {}): Promise<string> =>
  rolloverOf(making(client, present, next), differences)
const send = (rollover: string): Promise<Response> => server.post(path, { rollover })
const roll = async (client: string, present: HeldKey, next: HeldKey, differences: Differences = {}) =>
  send(await requestOf(client, present, next, differences))
const sendAssertion = (client_assertion: string): Promise<Response> =>
  server.post('/oauth2/token', {
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion,
  })
const askForToken = async (client: string, key: HeldKey): Promise<Response> =>
  sendAssertion(await assertionBy(key, { client, issuer, now: clock.now() }))
const tokenOf = async (client: string, key: HeldKey): Promise<string> => {
  const response = await askForToken(client, key)
  const text = await response.text()
  assert.equal(response.status, 200, text)
  return JSON.parse(text).access_token
}
const assertProves = async (client: string, key: HeldKey, proves: boolean): Promise<void> => {
  const response = await askForToken(client, key)
  assert.equal(response.status, proves ? 200 : 401, await response.text())
}
const keysOf = async (client: string) => {
  const { items } = (await call('listClientKeys', { client })).body
  return items.filter((item) => item.type === 'key')
}
const rolledOf = async (response: Response): Promise<Readonly<Record<string, unknown>>> => {
  const text = await response.text()
  assert.equal(response.status, 200, text)
  assert.match(response.headers.get('cache-control') ?? '', /no-store/)
  return JSON.parse(text)
}
const eventsOf = (client: string, type: string) => auditOf(server.store, { workspace, client, types: [type] })
/** Refused with this check for the operator, and nothing of the client changed. */
const assertRejected = async (
  client: string,
  response: Response,
  check: string,
  [status, error]: readonly [number, string] = [401, 'invalid_client'],
): Promise<void> => {
  const event = await refusalEvent(server, response)
  assert.equal(event.type, 'client-key.refused')
  assert.equal(event.check, check)
  assert.equal(event.client, client)
  await assertRefused(response, status, error)
}
const nextRefused = [400, 'invalid_request'] as const
const metric = async (outcome: string): Promise<number> => {
  const text = await (await fetch(`${server.adminUrl}/metrics`)).text()
  return Number(
    new RegExp(`^mintmark_client_key_rollovers_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0,
  )
}

describe('a client rolls its key over', () => {
  test('the next key is live at once, and the present one drains until an end', async () => {
    const [present, next] = [await createClient('roller'), await newKey()]
    const answer = await rolledOf(await roll('roller', present, next))
    const until = Math.floor((clock.now() + day) / 1000)
    assert.deepEqual(answer, {
      kid: next.kid,
      alg: 'ES256',
      previous_kid: present.kid,
      previous_expires_at: until,
    })
    await assertProves('roller', present, true)
    await assertProves('roller', next, true)
    const keys = await keysOf('roller')
    assert.deepEqual(
      keys.map(({ kid, state, origin, rolledTo }) => ({ kid, state, origin, rolledTo })),
      [
        { kid: present.kid, state: 'draining', origin: undefined, rolledTo: next.kid },
        { kid: next.kid, state: 'live', origin: present.kid, rolledTo: undefined },
      ].sort((a, b) => keys.findIndex(({ kid }) => kid === a.kid) - keys.findIndex(({ kid }) => kid === b.kid)),
    )
    const [event, ...others] = await eventsOf('roller', 'client-key.rolled')
    assert.ok(others.length === 0 && event?.kid === next.kid && event.algorithm === 'ES256')
    assert.equal(Math.floor(Date.parse(String(event.until)) / 1000), until)
    clock.advance(day + 1000)
    await assertProves('roller', present, false)
    await assertProves('roller', next, true)
  })

  test('again and again, each key by the one before', async () => {
    let present = await createClient('chain')
    const first = present
    for (let count = 0; count < 3; count += 1) {
      const next = await newKey()
      await rolledOf(await roll('chain', present, next))
      clock.advance(2 * day)
      await assertProves('chain', present, false)
      present = next
    }
    const live = (await keysOf('chain')).filter(({ state }) => state === 'live')
    assert.deepEqual(
      live.map(({ kid, origin }) => [kid, origin]),
      [[present.kid, first.kid]],
    )
  })

  test('to another algorithm', async () => {
    const present = await createClient('changing', {}, await newKey('RS256'))
    const ed = await newKey('Ed25519')
    assert.equal((await rolledOf(await roll('changing', present, ed))).alg, 'Ed25519')
    await assertProves('changing', ed, true)
    const ps = await newKey('PS256')
    assert.equal((await rolledOf(await roll('changing', ed, ps))).alg, 'PS256')
    await assertProves('changing', ps, true)
  })

  test('the same once more, as after a lost answer, is answered the same and changes nothing', async () => {
    const [present, next] = [await createClient('repeating'), await newKey()]
    const answer = await rolledOf(await roll('repeating', present, next))
    const before = await metric('repeated')
    assert.deepEqual(await rolledOf(await roll('repeating', present, next)), answer)
    // Also when the previous key has retired meanwhile: the client was away.
    clock.advance(2 * day)
    assert.deepEqual(await rolledOf(await roll('repeating', present, next)), answer)
    assert.equal(await metric('repeated'), before + 2)
    assert.equal((await eventsOf('repeating', 'client-key.rolled')).length, 1)
    assert.equal((await eventsOf('repeating', 'client-keys.frozen')).length, 0)
    assert.equal((await keysOf('repeating')).length, 2)
  })

  test('the same many times at one moment makes one successor and no alarm', async () => {
    const [present, next] = [await createClient('hasty'), await newKey()]
    const answers = await Promise.all(Array.from({ length: 10 }, () => roll('hasty', present, next)))
    assert.deepEqual(
      answers.map(({ status }) => status),
      answers.map(() => 200),
    )
    assert.equal((await keysOf('hasty')).length, 2)
    assert.equal((await eventsOf('hasty', 'client-key.rolled')).length, 1)
    await assertProves('hasty', next, true)
  })

  test('the next key lives as long as the one before was to', async () => {
    const [present, next] = [await newKey(), await newKey()]
    await createClient('limited', {}, await newKey())
    const expires = new Date(clock.now() + 30 * day).toISOString()
    assert.equal((await register('limited', present, { expires })).status, 201)
    clock.advance(20 * day)
    const answer = await rolledOf(await roll('limited', present, next))
    assert.ok(Math.abs(Number(answer.expires_at) * 1000 - (clock.now() + 30 * day)) < 60_000)
  })

  test('the workspace says how long the one before goes on, and how long a key lives at the most', async () => {
    const [present, next] = [await createClient('ruled'), await newKey()]
    const policy = { rotationOverlap: 3600, maximumKeyLifetime: 10 * 86_400 }
    assert.equal((await call('updateWorkspace', {}, { input: policy })).status, 200)
    const answer = await rolledOf(await roll('ruled', present, next))
    assert.equal(answer.previous_expires_at, Math.floor((clock.now() + 3_600_000) / 1000))
    assert.equal(answer.expires_at, Math.floor((clock.now() + 10 * day) / 1000))
    const none = { rotationOverlap: 86_400, maximumKeyLifetime: null }
    assert.equal((await call('updateWorkspace', {}, { input: none })).status, 200)
  })

  test('metadata names the endpoint', async () => {
    const metadata = await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json()
    assert.equal((metadata as Record<string, unknown>).client_key_rollover_endpoint, `${issuer}${path}`)
  })
})

describe('two keys that claim to succeed one freeze every key of the client', () => {
  const assertFrozen = async (client: string, keys: readonly HeldKey[]): Promise<void> => {
    for (const key of keys) {
      const before = await issuedCount(server)
      await assertRefused(await askForToken(client, key), 401, 'invalid_client')
      assert.equal(await issuedCount(server), before)
      await assertRefused(await roll(client, key, await newKey()), 401, 'invalid_client')
    }
    for (const key of await keysOf(client)) assert.ok(key.frozen !== undefined && !key.live, key.kid)
    assert.equal((await eventsOf(client, 'client-keys.frozen')).length, 1, 'one alarm, however often it is tried')
  }

  test('one after the other: the tokens of all keys are dead, and the alarm is told', async () => {
    const [present, next, competitor, beside] = [
      await createClient('copied'),
      await newKey(),
      await newKey(),
      await newKey(),
    ]
    assert.equal((await register('copied', beside)).status, 201)
    await rolledOf(await roll('copied', present, next))
    const tokens = [await tokenOf('copied', present), await tokenOf('copied', next), await tokenOf('copied', beside)]
    const before = await metric('frozen')
    await assertRejected('copied', await roll('copied', present, competitor), 'rollover-sole-successor')
    assert.equal(await metric('frozen'), before + 1)
    const [event] = await eventsOf('copied', 'client-keys.frozen')
    assert.ok(event?.successor === next.kid && event.competitor === competitor.kid)
    assert.equal((event.frozen as string[]).length, 3)
    await assertFrozen('copied', [present, next, competitor, beside])
    for (const token of tokens) {
      const asked = await server.post('/oauth2/introspect', { token }, server.basic('rsA'))
      assert.deepEqual(await asked.json(), { active: false })
    }
  })

  test('also when the key was retired long since', async () => {
    const [present, next] = [await createClient('late'), await newKey()]
    await rolledOf(await roll('late', present, next))
    clock.advance(3 * day)
    await assertRejected('late', await roll('late', present, await newKey()), 'rollover-sole-successor')
    await assertFrozen('late', [present, next])
  })

  test('also when the successor was succeeded meanwhile', async () => {
    const [first, second, third] = [await createClient('forked'), await newKey(), await newKey()]
    await rolledOf(await roll('forked', first, second))
    await rolledOf(await roll('forked', second, third))
    await assertRejected('forked', await roll('forked', first, await newKey()), 'rollover-sole-successor')
    await assertFrozen('forked', [first, second, third])
  })

  test('a race of a hundred pairs never leaves two live branches', async () => {
    for (let trial = 0; trial < 100; trial += 1) {
      const client = `race-${trial}`
      const [present, one, other] = [await createClient(client), await newKey(), await newKey()]
      const requests = await Promise.all([requestOf(client, present, one), requestOf(client, present, other)])
      const statuses = (await Promise.all(requests.map(send))).map(({ status }) => status)
      assert.deepEqual(statuses.toSorted(), [200, 401])
      const keys = await keysOf(client)
      assert.equal(keys.length, 2)
      assert.ok(keys.every(({ frozen, live }) => frozen !== undefined && !live))
      assert.equal((await eventsOf(client, 'client-keys.frozen')).length, 1)
    }
  })

  test('an administrator lifts it for one key, or goes on with a new one', async () => {
    const [present, next, fresh] = [await createClient('recovered'), await newKey(), await newKey()]
    await rolledOf(await roll('recovered', present, next))
    const token = await tokenOf('recovered', next)
    await assertRejected('recovered', await roll('recovered', present, await newKey()), 'rollover-sole-successor')
    assert.equal((await register('recovered', fresh)).status, 201)
    await assertProves('recovered', fresh, true)
    const keys = await keysOf('recovered')
    const idOf = ({ kid }: HeldKey): string => keys.find((key) => key.kid === kid)?.id ?? ''
    const lifted = await call('unfreezeClientKey', { client: 'recovered', key: idOf(next) })
    assert.equal(lifted.status, 200, lifted.text)
    assert.ok(lifted.body.live && lifted.body.frozen === undefined)
    await assertProves('recovered', next, true)
    await assertProves('recovered', present, false)
    const asked = await server.post('/oauth2/introspect', { token }, server.basic('rsA'))
    assert.equal(((await asked.json()) as { active: boolean }).active, true)
    const [event, ...others] = await eventsOf('recovered', 'client-keys.unfrozen')
    assert.deepEqual(event?.credentials, [idOf(next)])
    // Lifted once more, it is as it was, and nothing is told.
    assert.equal((await call('unfreezeClientKey', { client: 'recovered', key: idOf(next) })).status, 200)
    assert.equal(others.length + (await eventsOf('recovered', 'client-keys.unfrozen')).length, 1)
    assert.equal((await call('deleteClientKey', { client: 'recovered', key: idOf(present) })).status, 200)
    await assertRejected('recovered', await roll('recovered', present, await newKey()), 'assertion-signature')
    await rolledOf(await roll('recovered', fresh, await newKey()))
    assert.equal((await call('unfreezeClientKey', { client: 'recovered', key: 'none' })).status, 404)
  })
})

describe('a roll-over is refused', () => {
  test('of a client that was not given the capability', async () => {
    const present = await createClient('incapable', { capabilities: ['client_credentials'] })
    const response = await roll('incapable', present, await newKey())
    await assertRejected('incapable', response, 'capability', [400, 'unauthorized_client'])
    assert.equal((await keysOf('incapable')).length, 1)
  })

  test('that was sent before', async () => {
    const [present, next] = [await createClient('replayed'), await newKey()]
    const request = await requestOf('replayed', present, next)
    await rolledOf(await send(request))
    await assertRejected('replayed', await send(request), 'assertion-used-once')
  })

  test('signed by another key than the client has, or by that of another client', async () => {
    const [present, other] = [await createClient('honest'), await createClient('dishonest')]
    await assertRejected('honest', await roll('honest', other, await newKey()), 'assertion-signature')
    const response = await roll('honest', other, await newKey(), { header: { kid: present.kid } })
    await assertRejected('honest', response, 'assertion-signature')
    await assertRejected('nobody', await roll('nobody', other, await newKey()), 'client-known')
    assert.equal((await keysOf('honest')).length, 1)
  })

  test('for another audience, too old, not yet begun, or living too long', async () => {
    const present = await createClient('timed')
    const seconds = Math.floor(clock.now() / 1000)
    const ways = [
      [{ aud: `${issuer}/oauth2/token` }, 'assertion-audience'],
      [{ aud: `${issuer}${path}` }, 'assertion-audience'],
      [{ aud: [issuer, 'https://other.example'] }, 'assertion-audience'],
      [{ aud: undefined }, 'assertion-aud'],
      [{ iat: undefined }, 'assertion-iat'],
      [{ iat: seconds - 300, exp: seconds - 240 }, 'assertion-exp'],
      [{ exp: seconds + 300 }, 'assertion-exp'],
      [{ iat: seconds + 120, exp: seconds + 180 }, 'assertion-exp'],
      [{ jti: undefined }, 'assertion-jti'],
      [{ exp: undefined }, 'assertion-exp'],
      [{ iss: 'other' }, 'assertion-iss'],
    ] as const
    for (const [claims, check] of ways) {
      const response = await roll('timed', present, await newKey(), { claims })
      assert.equal((await refusalEvent(server, response)).check, check, JSON.stringify(claims))
      await assertRefused(response, 401, 'invalid_client')
    }
    assert.equal((await keysOf('timed')).length, 1)
  })

  test('that is a client assertion; and a roll-over is no client assertion', async () => {
    const [present, next] = [await createClient('typed'), await newKey()]
    const assertion = await assertionBy(present, { client: 'typed', issuer, now: clock.now() })
    for (const request of [
      assertion,
      await requestOf('typed', present, next, { header: { typ: 'JWT' } }),
      await requestOf('typed', present, next, { header: { typ: undefined } }),
    ]) {
      const response = await send(request)
      assert.equal((await refusalEvent(server, response)).check, 'assertion-typ')
      await assertRefused(response, 401, 'invalid_client')
    }
    const presented = await sendAssertion(await requestOf('typed', present, next))
    assert.equal((await refusalEvent(server, presented)).check, 'assertion-typ')
    await assertRefused(presented, 401, 'invalid_client')
    const legacy = await createClient('legacy-typed', { tokenEndpointAudience: true })
    const claims = { aud: `${issuer}${path}` }
    const elsewhere = await assertionBy(legacy, { client: 'legacy-typed', issuer, now: clock.now() }, claims)
    await assertRefused(await sendAssertion(elsewhere), 401, 'invalid_client')
    assert.equal((await keysOf('typed')).length, 1)
  })

  test('whose next key is one the client has, or is not proven to be its own', async () => {
    const [present, next, other] = [await createClient('proving'), await newKey(), await createClient('owner')]
    const ways: readonly (readonly [HeldKey, Differences, string])[] = [
      [present, {}, 'rollover-next-new'],
      // The key of another client: whoever does not hold it cannot sign with it.
      [other, { nextSigner: present }, 'next-key-signature'],
      [next, { nextSigner: await newKey() }, 'next-key-signature'],
      [next, { nextClaims: { iss: 'owner' } }, 'next-key-iss'],
      [next, { nextClaims: { aud: 'https://other.example' } }, 'next-key-aud'],
      [next, { nextClaims: { jkt: next.kid } }, 'next-key-jkt'],
      [next, { nextClaims: { jkt: undefined } }, 'next-key-jkt'],
      [next, { nextHeader: { typ: 'JWT' } }, 'next-key-typ'],
      [next, { nextHeader: { jwk: undefined } }, 'next-key-jwk'],
      [next, { nextHeader: { jwk: { ...next.jwk, d: next.jwk.x } } }, 'next-key-good'],
      [next, { nextHeader: { jwk: { kty: 'oct', k: 'c2VjcmV0' } } }, 'next-key-good'],
      [next, { proof: 7 }, 'next-key-present'],
      [next, { proof: 'none' }, 'next-key-malformed'],
      [next, { proof: next.jwk }, 'next-key-present'],
    ]
    for (const [key, differences, check] of ways) {
      await assertRejected('proving', await roll('proving', present, key, differences), check, nextRefused)
    }
    const known = await newKey()
    assert.equal((await register('proving', known)).status, 201)
    await assertRejected('proving', await roll('proving', present, known), 'rollover-next-new', nextRefused)
    assert.equal((await keysOf('proving')).length, 2)
    assert.equal((await eventsOf('proving', 'client-key.rolled')).length, 0)
    await rolledOf(await roll('proving', present, next))
  })

  test('too often in a day, and with as many keys as a client may have', async () => {
    let present = await createClient('restless')
    for (let count = 0; count < 4; count += 1) {
      const next = await newKey()
      await rolledOf(await roll('restless', present, next))
      present = next
    }
    const response = await roll('restless', present, await newKey())
    assert.ok(Number(response.headers.get('retry-after')) > 80_000)
    await assertRejected('restless', response, 'rollover-rate', [429, 'temporarily_unavailable'])
    clock.advance(day + 1000)
    await rolledOf(await roll('restless', present, await newKey()))
    const full = await createClient('full')
    for (let count = 1; count < 10; count += 1) assert.equal((await register('full', await newKey())).status, 201)
    await assertRejected('full', await roll('full', full, await newKey()), 'next-key-allowed', nextRefused)
  })

  test('of a client that is disabled, calls from elsewhere, or may only use a secret', async () => {
    const present = await createClient('barred')
    for (const [input, check] of [
      [{ enabled: false }, 'client-enabled'],
      [{ enabled: true, allowedAddresses: ['192.0.2.1'] }, 'address-allowed'],
      [{ allowedAddresses: [], authenticationMethods: ['client_secret_basic'] }, 'authentication-method-registered'],
    ] as const) {
      assert.equal((await call('updateClient', { client: 'barred' }, { input })).status, 200)
      await assertRejected('barred', await roll('barred', present, await newKey()), check)
    }
  })

  test('by a key that an administrator drains, or has retired; once it is live again it may', async () => {
    const [present, next] = [await createClient('drained'), await newKey()]
    const [key] = await keysOf('drained')
    const bring = async (credential: string, state: string): Promise<void> => {
      const reply = await call('changeCredentialState', { client: 'drained', credential }, { input: { state } })
      assert.equal(reply.status, 200, reply.text)
    }
    for (const state of ['draining', 'retired']) {
      await bring(key?.id ?? '', state)
      await assertRejected('drained', await roll('drained', present, next), 'rollover-key-live')
    }
    await bring(key?.id ?? '', 'live')
    await rolledOf(await roll('drained', present, next))
    // Taken back by an administrator, who brings the key before to life: it begins anew.
    const successor = (await keysOf('drained')).find(({ kid }) => kid === next.kid)?.id ?? ''
    await bring(key?.id ?? '', 'live')
    await bring(successor, 'retired')
    await rolledOf(await roll('drained', present, await newKey()))
    assert.equal((await eventsOf('drained', 'client-keys.frozen')).length, 0)
    // A freeze is lifted by nothing but its own call.
    await assertRejected('drained', await roll('drained', present, await newKey()), 'rollover-sole-successor')
    await bring(key?.id ?? '', 'live')
    await assertProves('drained', present, false)
  })

  test('by a key that has ended, or came with a certificate', async () => {
    const present = await newKey()
    await createClient('ended')
    assert.equal(
      (await register('ended', present, { expires: new Date(clock.now() + 60_000).toISOString() })).status,
      201,
    )
    clock.advance(61_000)
    await assertRejected('ended', await roll('ended', present, await newKey()), 'rollover-key-live')
    const certificate = await issue({ notAfter: 4000 * day })
    await createClient('certified')
    const added = await call(
      'createClientKey',
      { client: 'certified' },
      { input: { type: 'key', certificate: certificate.cert } },
    )
    assert.equal(added.status, 201, added.text)
    const jwk = added.body.type === 'key' ? added.body.jwk : {}
    const kid = await calculateJwkThumbprint(jwk)
    const held = { alg: 'ES256', privateKey: certificate.keys.privateKey, jwk, kid }
    const response = await roll('certified', held, await newKey(), { header: { kid: undefined } })
    await assertRejected('certified', response, 'rollover-without-certificate', [400, 'unauthorized_client'])
  })

  test('beside another proof, without the parameter, and as another media type', async () => {
    const [present, next] = [await createClient('doubled'), await newKey()]
    const rollover = await requestOf('doubled', present, next)
    await assertRefused(await server.post(path, { rollover }, server.basic('cb')), 400, 'invalid_request')
    await assertRefused(await server.post(path, { rollover, client_secret: 'x' }), 400, 'invalid_request')
    await assertRefused(await server.post(path, {}), 400, 'invalid_request')
    await assertRefused(await server.post(path, { rollover: 'x'.repeat(9000) }), 401, 'invalid_client')
    const asJson = await fetch(`${issuer}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ rollover }),
    })
    await assertRefused(asJson, 415, 'invalid_request')
    await rolledOf(await send(rollover))
  })

  test('to or by RS256, where the workspace refuses it', async () => {
    const [es, rs] = [await createClient('rs-refused'), await createClient('rs-holder', {}, await newKey('RS256'))]
    assert.equal((await call('updateWorkspace', {}, { input: { refuseRs256Assertions: true } })).status, 200)
    const response = await roll('rs-refused', es, await newKey('RS256'))
    await assertRejected('rs-refused', response, 'next-key-algorithm', nextRefused)
    await assertRejected('rs-holder', await roll('rs-holder', rs, await newKey()), 'assertion-algorithm')
    assert.equal((await call('updateWorkspace', {}, { input: { refuseRs256Assertions: false } })).status, 200)
    await rolledOf(await roll('rs-holder', rs, await newKey()))
  })

  test('by the profile fapi2: algorithms it does not know, and the audience as a list', async () => {
    const [es, rs] = [await createClient('fapi-es'), await createClient('fapi-rs', {}, await newKey('RS256'))]
    assert.equal((await call('updateWorkspace', {}, { input: { profile: 'fapi2' } })).status, 200)
    await assertRejected('fapi-rs', await roll('fapi-rs', rs, await newKey()), 'assertion-algorithm')
    for (const alg of ['RS256', 'ES384']) {
      await assertRejected('fapi-es', await roll('fapi-es', es, await newKey(alg)), 'next-key-algorithm', nextRefused)
    }
    const listed = await roll('fapi-es', es, await newKey(), { claims: { aud: [issuer] } })
    await assertRejected('fapi-es', listed, 'assertion-audience')
    await rolledOf(await roll('fapi-es', es, await newKey('PS256')))
    assert.equal((await call('updateWorkspace', {}, { input: { profile: null } })).status, 200)
  })
})

test('a document that names the first key is satisfied by the one it was rolled over to', async () => {
  const [present, next] = [await createClient('declared'), await newKey()]
  await rolledOf(await roll('declared', present, next))
  clock.advance(2 * day)
  const client = {
    capabilities: ['client_credentials', 'key_rollover'],
    permissions,
    authenticationMethods: ['private_key_jwt'],
    keys: [{ type: 'key', jwk: { ...present.jwk, alg: 'ES256' } }],
  }
  const document = { tenant: 'acme', workspace: 'cases', clients: { declared: client } }
  const applied = await call('applyDocument', {}, { input: { document } })
  assert.equal(applied.status, 200, applied.text)
  await assertProves('declared', present, false)
  await assertProves('declared', next, true)
})
