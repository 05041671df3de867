import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { base64url } from 'jose'
import { apiRequest, audience, localIssuer, signingKey, start } from '../test/local-issuer.ts'
import { setUpIssuers, status } from '../test/two-issuers.ts'
import { protect } from './protect.ts'
import { tokenDigest, webDigest } from './token-digest.ts'
import { trustedIssuer } from './trusted-issuer.ts'
import { tokenVerification } from './verify-token.ts'

test('callers with one new token share its verification', async (context) => {
  let read = 0
  const { one, ask } = await setUpIssuers(context, (a) => a.issuer, {
    claims: (claims) => {
      read += 1
      return claims
    },
  })
  const token = await one.sign()
  const decisions = await Promise.all(Array.from({ length: 50 }, () => ask(token)))
  assert.ok(decisions.every(({ allowed }) => allowed))
  assert.equal(read, 1)
  const bad = await one.sign({ exp: start - 60 })
  for (const decision of await Promise.all(Array.from({ length: 50 }, () => ask(bad))))
    assert.equal(status(decision), 401)
  // Nothing of the shared refusal stays.
  assert.equal(status(await ask(bad)), 401)
})

test('a token is remembered for the settings it was verified under, and for no others', async (context) => {
  const { one, ask, clock } = await setUpIssuers(context, (a) => a.issuer)
  const token = await one.sign()
  assert.equal(status(await ask(token)), 200)
  const elsewhere = protect({ issuer: one.issuer, audience: 'https://api-b.test', currentTime: () => clock.wall })
  assert.equal(status(await elsewhere.authorize(apiRequest('/', `Bearer ${token}`), [])), 401)
  const stricter = protect({ issuer: one.issuer, audience, algorithms: ['PS256'], currentTime: () => clock.wall })
  assert.equal(status(await stricter.authorize(apiRequest('/', `Bearer ${token}`), [])), 401)
})

test('a key that stays keeps the tokens it has verified, and one that is gone takes them along', async (context) => {
  const verified: unknown[] = []
  const { one, ask, clock, refusals } = await setUpIssuers(context, (a) => a.issuer, {
    claims: (claims) => {
      verified.push(claims.jti)
      return claims
    },
  })
  const next = await signingKey('k2')
  const old = await one.sign({ jti: 'old', exp: start + 10_000 })
  assert.equal(status(await ask(old)), 200)
  one.state.keys = [one.key.jwk, next.jwk]
  const fresh = await one.sign({ jti: 'fresh', exp: start + 10_000 }, {}, next)
  assert.equal(status(await ask(fresh)), 200)
  assert.equal(status(await ask(old)), 200)
  assert.deepEqual(verified, ['old', 'fresh'])
  // The next refresh finds the old key gone; the token that began it may still pass, those after it do not.
  one.state.keys = [next.jwk]
  clock.monotonic += 300_000
  await ask(fresh)
  while (one.counts.keys < 3 || status(await ask(old)) === 200) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(refusals.pop()?.check, 'unknown-key')
  assert.equal(status(await ask(fresh)), 200)
  assert.deepEqual(verified, ['old', 'fresh'])
})

test('what a handler does to a token does not reach the next request', async (context) => {
  const { one, ask } = await setUpIssuers(context, (a) => a.issuer)
  const token = await one.sign({ act: { sub: ['x'] } })
  const decision = await ask(token)
  assert.ok(decision.allowed)
  const { scopes, claims } = decision.token
  const changes = [
    () => (scopes as string[]).push('api:admin'),
    () => Object.assign(decision.token, { clientId: 'admin' }),
    () => Object.assign(claims, { scope: 'api:admin' }),
    () => (claims.act as { sub: string[] }).sub.push('y'),
  ]
  for (const change of changes) assert.throws(change, TypeError)
  const again = await ask(token)
  assert.ok(again.allowed)
  assert.deepEqual([again.token.scopes, again.token.claims.act], [['api:read'], { sub: ['x'] }])
})

test('a clock that does not tell the time lets nobody in', async (context) => {
  const { one, ask, clock } = await setUpIssuers(context, (a) => a.issuer)
  const [first, second] = [await one.sign(), await one.sign()]
  assert.equal(status(await ask(first)), 200)
  clock.wall = Number.NaN
  for (const token of [first, second]) assert.equal(status(await ask(token)), 401)
})

test('neither memory nor refusal holds the token', async (context) => {
  const { one, api, ask, refusals } = await setUpIssuers(context, (a) => a.issuer)
  const good = await one.sign()
  const bad = await one.sign({ exp: start - 60 })
  const [header = '', , signature = ''] = good.split('.')
  const mangled = [`${header}.${base64url.encode('{"secret":"s3cr3t')}.${signature}`, `${good}!`, good.slice(0, -1)]
  assert.equal(status(await ask(good)), 200)
  for (const token of [bad, ...mangled]) assert.notEqual(status(await ask(token)), 200)
  const text = inspect([api, refusals], { depth: Number.POSITIVE_INFINITY, showHidden: true })
  for (const token of [good, bad, ...mangled]) {
    for (const part of token.split('.')) assert.ok(!text.includes(part), part)
  }
  assert.ok(!text.includes('s3cr3t'))
})

test('where the digest takes its time, as in workers, verification and memory are the same', async (context) => {
  const { key, sign, issuer } = await localIssuer(context)
  let verified = 0
  const one = trustedIssuer(
    { issuer, keys: { jwks: { keys: [key.jwk] } } },
    {
      audience,
      fetch,
      timeout: 1_000,
      now: () => 0,
      currentTime: () => start * 1_000,
      onTrouble: () => undefined,
      typed: async (token) => {
        verified += 1
        return token
      },
    },
  )
  const verify = tokenVerification([one], { now: () => 0, timeout: 1_000, digestOf: webDigest })
  const token = await sign()
  const tokens = await Promise.all([verify(token), verify(token), verify(token)])
  assert.deepEqual([verified, tokens.map(({ clientId }) => clientId)], [1, ['cb', 'cb', 'cb']])
  assert.equal(await verify(token), tokens[0])
  assert.equal(verified, 1)
  await assert.rejects(async () => verify(`${token}A`), { check: 'signature' })
  await assert.rejects(async () => verify(await sign({ exp: start - 60 })), { check: 'expired' })
})

test('the digest is the same on every platform', async () => {
  for (const token of ['', 'a', 'ä', 'x'.repeat(16_384)]) assert.equal(await webDigest(token), await tokenDigest(token))
})
