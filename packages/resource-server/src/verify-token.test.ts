import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseForm } from '@mintmark/protocol'
import { exportJWK } from 'jose'
import { audience, localIssuer, signingKey } from '../test/local-issuer.ts'
import { type Issuer, setUpIssuers, status } from '../test/two-issuers.ts'
import { type ProtectOptions, protect } from './protect.ts'
import type { IssuerOptions } from './trusted-issuer.ts'

const asked = ({ requests }: Issuer) => requests.length
const introspection = { clientId: 'rs', credential: 'secret' }

test('each of several issuers verifies its own tokens', async (context) => {
  const { one, two, ask } = await setUpIssuers(context, (a, b) => [a.issuer, { issuer: b.issuer }])
  const first = await ask(await one.sign())
  assert.ok(first.allowed && first.token.issuer === one.issuer)
  assert.equal(asked(two), 0)
  const second = await ask(await two.sign())
  assert.ok(second.allowed && second.token.issuer === two.issuer)
  assert.deepEqual([one.counts.keys, two.counts.keys], [1, 1])
})

test('a token that names an issuer is verified by no key but that one’s, though the key be another trusted one’s', async (context) => {
  const { one, two, ask, refusals } = await setUpIssuers(context, (a, b) => [a.issuer, b.issuer])
  assert.equal(status(await ask(await one.sign())), 200)
  assert.equal(status(await ask(await two.sign())), 200)
  assert.equal(status(await ask(await one.sign({ iss: two.issuer }))), 401)
  assert.equal(refusals.pop()?.check, 'signature')
})

test('a token of an issuer that is not in the list is refused before anything is fetched', async (context) => {
  const { one, two, ask, refusals } = await setUpIssuers(context, (a, b) => [a.issuer, b.issuer])
  const stranger = await localIssuer(context)
  const names = [stranger.issuer, `${one.issuer}/`, one.issuer.toUpperCase(), ` ${one.issuer}`, '', undefined, null, 7]
  for (const iss of [...names, [one.issuer], { iss: one.issuer }]) {
    assert.equal(status(await ask(await one.sign({ iss }))), 401, String(iss))
    assert.equal(refusals.pop()?.check, 'claim-iss')
  }
  assert.deepEqual([asked(one), asked(two), asked(stranger)], [0, 0, 0])
})

test('with one issuer, too, a token of another one leads to no request', async (context) => {
  for (const options of [{}, { introspection }]) {
    const { one, two, ask, refusals } = await setUpIssuers(context, (a) => a.issuer, options)
    assert.equal(status(await ask(await two.sign())), 401)
    assert.equal(refusals.pop()?.check, 'claim-iss')
    assert.deepEqual([asked(one), asked(two)], [0, 0])
  }
})

test('an opaque token goes to the issuer with its prefix, and to no other', async (context) => {
  const { one, two, ask } = await setUpIssuers(context, (a, b) => [
    { issuer: a.issuer, introspection, opaquePrefix: 'one_' },
    { issuer: b.issuer, introspection, opaquePrefix: 'two_' },
  ])
  const first = await ask('one_x')
  assert.ok(first.allowed && first.token.issuer === one.issuer)
  assert.deepEqual([one.counts.introspections, two.counts.introspections], [1, 0])
  const second = await ask('two_x')
  assert.ok(second.allowed && second.token.issuer === two.issuer)
  for (const token of ['three_x', 'one', 'ONE_x', 'a.b.c']) assert.equal(status(await ask(token)), 401, token)
  assert.deepEqual([one.counts.introspections, two.counts.introspections], [1, 1])
})

test('an opaque token without a known prefix goes to the one issuer that has none', async (context) => {
  const { one, two, ask } = await setUpIssuers(context, (a, b) => [
    { issuer: a.issuer, introspection, opaquePrefix: 'one_' },
    { issuer: b.issuer, introspection },
  ])
  assert.equal(status(await ask('one_x')), 200)
  assert.equal(status(await ask('other')), 200)
  const tokens = (issuer: Issuer) =>
    issuer.requests.filter(({ url }) => url === '/introspect').map(({ body }) => parseForm(body).get('token'))
  assert.deepEqual(tokens(one), ['one_x'])
  assert.deepEqual(tokens(two), ['other'])
})

test('a JWT goes to the issuer it names, introspected or not', async (context) => {
  const { one, two, ask } = await setUpIssuers(context, (a, b) => [
    { issuer: a.issuer, introspection, opaquePrefix: 'one_' },
    { issuer: b.issuer, introspection, verification: 'by-format' },
  ])
  assert.equal(status(await ask(await one.sign())), 200)
  assert.equal(status(await ask(await two.sign())), 200)
  assert.equal(status(await ask('opaque')), 200)
  assert.deepEqual([one.counts.introspections, one.counts.keys], [1, 0])
  assert.deepEqual([two.counts.introspections, two.counts.keys], [1, 1])
})

test('an opaque token where every issuer is offline is refused unasked', async (context) => {
  const { one, two, ask, refusals } = await setUpIssuers(context, (a, b) => [a.issuer, b.issuer])
  for (const token of ['opaque', 'a.b.c', 'mmk_at_x']) {
    assert.equal(status(await ask(token)), 401)
    assert.equal(refusals.pop()?.check, 'jwt-malformed')
  }
  assert.deepEqual([asked(one), asked(two)], [0, 0])
})

test('lists of issuers that leave a choice open are refused at once', () => {
  const a = 'https://a.test'
  const b = 'https://b.test'
  const wrong: [ProtectOptions['issuer'], RegExp, Partial<ProtectOptions>?][] = [
    [[], /missing/],
    [[a, a], /twice/],
    [
      [
        { issuer: a, introspection },
        { issuer: b, introspection },
      ],
      /opaquePrefix/,
    ],
    [[a, b], /each of them/, { introspection }],
    [{ issuer: a, opaquePrefix: 'x' }, /no introspection/],
  ]
  for (const prefix of ['', 'e', 'ey', 'eyJhbGci', 'e30', 'a b', 'ä']) {
    wrong.push([{ issuer: a, introspection, opaquePrefix: prefix }, /cannot tell/])
  }
  const prefixed = (issuer: string, opaquePrefix: string): IssuerOptions => ({ issuer, introspection, opaquePrefix })
  wrong.push([[prefixed(a, 'at_'), prefixed(b, 'at_b_')], /have the opaquePrefix/])
  wrong.push([[prefixed(a, 'at_b_'), prefixed(b, 'at_')], /have the opaquePrefix/])
  wrong.push([[prefixed(a, 'at_'), prefixed(b, 'at_')], /have the opaquePrefix/])
  for (const [issuer, message, options] of wrong) {
    assert.throws(() => protect({ issuer, audience, ...options }), { name: 'TypeError', message })
  }
  assert.throws(() => protect({ issuer: [a, 'http://b.test'], audience }), { code: 'insecure_url' })
})

test('algorithms are those of the issuer, else those of all', async (context) => {
  const rsa = await signingKey('k2', 'RS256')
  const { one, two, ask } = await setUpIssuers(
    context,
    (a, b) => [{ issuer: a.issuer, algorithms: ['RS256'] }, b.issuer],
    {
      algorithms: ['ES256'],
    },
  )
  for (const { state, key } of [one, two]) state.keys = [key.jwk, rsa.jwk]
  assert.equal(status(await ask(await one.sign({}, {}, rsa))), 200)
  assert.equal(status(await ask(await one.sign())), 401)
  assert.equal(status(await ask(await two.sign())), 200)
  assert.equal(status(await ask(await two.sign({}, {}, rsa))), 401)
})

test('an issuer that is away does not concern the tokens of another', async (context) => {
  const { one, two, api, ask } = await setUpIssuers(context, (a, b) => [a.issuer, b.issuer])
  one.state.down = true
  assert.equal(status(await ask(await one.sign())), 503)
  assert.equal(status(await ask(await two.sign())), 200)
  await assert.rejects(api.ready())
})

test('keys can be given, or their place, instead of found by metadata', async (context) => {
  const given = await setUpIssuers(context, (a) => ({ issuer: a.issuer, keys: { jwks: { keys: [a.key.jwk] } } }))
  await given.api.ready()
  assert.equal(status(await given.ask(await given.one.sign())), 200)
  const next = await signingKey('k2')
  assert.equal(status(await given.ask(await given.one.sign({}, {}, next))), 401)
  assert.equal(given.refusals.pop()?.check, 'unknown-key')
  assert.equal(asked(given.one), 0)

  const placed = await setUpIssuers(context, (a) => ({ issuer: a.issuer, keys: { jwksUri: `${a.url}/jwks` } }))
  assert.equal(status(await placed.ask(await placed.one.sign())), 200)
  assert.deepEqual(placed.one.counts, { metadata: 0, keys: 1, introspections: 0 })

  const issuer = 'https://as.test'
  const { privateKey } = given.one.key
  const wrong = [{}, { keys: {} }, { keys: ['x'] }, { keys: [await exportJWK(privateKey)] }, { keys: [{ kty: 'oct' }] }]
  for (const jwks of wrong) {
    assert.throws(() => protect({ issuer: { issuer, keys: { jwks: jwks as { keys: [] } } }, audience }), TypeError)
  }
  for (const jwksUri of ['http://as.test/jwks', '/jwks']) {
    assert.throws(() => protect({ issuer: { issuer, keys: { jwksUri } }, audience }), { code: 'insecure_url' })
  }
})

test('a verification that was mistyped is refused, and does not become one that asks less', () => {
  const introspection = { clientId: 'a', credential: 'b' }
  for (const verification of ['Introspection', 'online', ''] as never[]) {
    for (const options of [{ verification }, { verification, introspection }]) {
      assert.throws(() => protect({ issuer: 'https://as.test', audience, ...options }), TypeError, verification)
    }
  }
})
