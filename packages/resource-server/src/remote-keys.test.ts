import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base64url } from 'jose'
import type { CannedAnswer } from '../../client/test/local-server.ts'
import { localIssuer, signingKey, start } from '../test/local-issuer.ts'
import { refusedToken, setUpOffline, undecided } from '../test/offline-api.ts'

test('SEC-248: an unknown key is fetched once, and a flood of them costs one more request per cool-down', async (context) => {
  const { ask, sign, state, key, counts, clock, refusals } = await setUpOffline(context)
  const good = await sign()
  assert.ok((await ask(good)).allowed)
  assert.equal(counts.keys, 1)
  const rotated = await signingKey('k2')
  state.keys = [key.jwk, rotated.jwk]
  const fresh = await sign({}, {}, rotated)
  assert.ok((await Promise.all(Array.from({ length: 20 }, () => ask(fresh)))).every(({ allowed }) => allowed))
  assert.equal(counts.keys, 2)
  for (let index = 0; index < 200; index += 1) {
    clock.monotonic += 25
    refusedToken(await ask(await sign({}, { kid: `random-${index}` })), refusals, 'unknown-key')
    if (index % 50 === 0) assert.ok((await ask(await sign())).allowed)
  }
  assert.equal(counts.keys, 2)
  clock.monotonic += 30_000
  refusedToken(await ask(await sign({}, { kid: 'random' })), refusals, 'unknown-key')
  assert.equal(counts.keys, 3)
})

test('SEC-250: keys at hand serve while the server is away, up to an hour past their renewal, then it is 503', async (context) => {
  const { ask, sign, state, clock, troubles } = await setUpOffline(context)
  assert.ok((await ask(await sign())).allowed)
  state.down = true
  const limit = 300_000 + 3_600_000
  const remembered = await sign({ exp: start + 10_000 })
  for (let time = 0; time < limit; time += 150_000) {
    clock.monotonic = time
    assert.ok((await ask(await sign())).allowed, `after ${time} ms`)
    assert.ok((await ask(remembered)).allowed)
  }
  assert.ok(troubles.length > 0)
  clock.monotonic = limit
  undecided(await ask(await sign()))
  undecided(await ask(remembered))
  state.down = false
  clock.monotonic += 1_000
  assert.ok((await ask(remembered)).allowed)
})

test('a token with an unknown key while the server is away is undecided', async (context) => {
  const { ask, sign, state, clock } = await setUpOffline(context)
  assert.ok((await ask(await sign())).allowed)
  state.down = true
  const unknown = await sign({}, { kid: 'k2' })
  undecided(await ask(unknown))
  clock.monotonic += 2_000
  undecided(await ask(unknown))
})

test('SEC-251: without keys and without the server it is 503, until the server is back', async (context) => {
  const { ask, sign, state, clock, counts } = await setUpOffline(context)
  state.down = true
  const token = await sign()
  const decisions = await Promise.all(Array.from({ length: 20 }, () => ask(token)))
  for (const decision of decisions) undecided(decision)
  undecided(await ask(token))
  assert.equal(counts.metadata, 1)
  state.down = false
  clock.monotonic += 1_000
  assert.ok((await ask(token)).allowed)
})

test('SEC-254: an issuer whose metadata is wrong decides nothing, and says why when asked', async (context) => {
  for (const metadata of [
    { issuer: 'https://other.test' },
    { jwks_uri: 'http://other.test/jwks' },
    { jwks_uri: '/jwks' },
    { jwks_uri: undefined },
  ]) {
    const { api, ask, sign, state } = await setUpOffline(context)
    state.metadata = metadata
    undecided(await ask(await sign()))
    await assert.rejects(api.ready(), /metadata|jwks_uri/)
  }
  const good = await setUpOffline(context)
  await good.api.ready()
  assert.equal(good.counts.keys, 1)
})

test('SEC-254: metadata and keys are not followed elsewhere, and not read without end', async (context) => {
  const stranger = await localIssuer(context)
  const answers: CannedAnswer[] = [
    { status: 302, headers: { location: `${stranger.url}/jwks` } },
    { status: 301, headers: { location: '/jwks' } },
    { headers: { 'content-type': 'text/html' }, body: '{}' },
    { body: `{"keys":[${' '.repeat(1_100_000)}]}` },
    { body: `{"keys":${'['.repeat(500_000)}` },
    { body: '[]' },
    { status: 204 },
  ]
  for (const answer of answers) {
    for (const place of ['/jwks', '/.well-known/']) {
      const { api, ask, sign, state } = await setUpOffline(context)
      state.instead = (url) => (url.includes(place) ? answer : undefined)
      undecided(await ask(await sign()))
      await assert.rejects(api.ready())
    }
  }
  assert.equal(stranger.requests.length, 0)
})

test('a key set that is none, or has secret or private keys, gives no keys', async (context) => {
  const oct = { kty: 'oct', k: 'AAAA', kid: 'k1' }
  for (const keys of [['x'], [oct], [{ kty: 'EC', d: 'x' }], Array.from({ length: 101 }, () => ({ kty: 'EC' }))]) {
    const { ask, sign, state } = await setUpOffline(context)
    state.keys = keys
    undecided(await ask(await sign()))
  }
})

test('two keys with one kid are no key', async (context) => {
  const { ask, sign, state, key, refusals } = await setUpOffline(context)
  state.keys = [key.jwk, { ...(await signingKey('k1')).jwk }]
  refusedToken(await ask(await sign()), refusals, 'ambiguous-key')
})

test('SEC-246: weak and broken keys of an issuer verify nothing', async (context) => {
  const { ask, sign, state, key, refusals } = await setUpOffline(context)
  const y = new Uint8Array(32).fill(7)
  state.keys = [{ ...key.jwk, y: base64url.encode(y) }]
  refusedToken(await ask(await sign()), refusals, 'key-unusable')
  const other = await setUpOffline(context)
  other.state.keys = [{ ...other.key.jwk, use: 'enc' }]
  refusedToken(await other.ask(await other.sign()), other.refusals, 'unknown-key')
})
