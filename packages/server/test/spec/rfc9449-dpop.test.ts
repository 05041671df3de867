import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { writeBasic } from '@mintmark/protocol'
import { startAdminServer } from '../admin-fixture.ts'
import { auditOf } from '../configure.ts'
import { proofMaker } from '../dpop-proof.ts'
import { casesFounding } from '../fixtures.ts'
import { rawPost, sendRaw } from '../raw-request.ts'
import { assertRefused, issuedCount, refusalEvent } from '../refusals.ts'

const server = await startAdminServer({ after })
const { call, issuer, clock } = server
const endpoint = `${issuer}/oauth2/token`
const { proof, signed, header, claims, jkt, jwk, privateJwk } = await proofMaker(endpoint, clock.now)
const other = await proofMaker(endpoint, clock.now)

const created = await call(
  'createClient',
  {},
  {
    input: {
      id: 'cd',
      capabilities: ['client_credentials'],
      permissions: [
        ...(casesFounding.clients.cb?.permissions ?? []),
        { api: 'api-b', scopes: ['b:read'], defaultScopes: ['b:read'] },
      ],
      dpopBoundAccessTokens: true,
      secret: { type: 'generated' },
    },
  },
)
assert.equal(created.status, 201, created.text)
const cd = writeBasic('cd', (created.body as { readonly secret: { readonly secret: string } }).secret.secret)

type Answer = { readonly access_token: string; readonly token_type: string }
const ask = (dpop: string | undefined, form: Readonly<Record<string, string>> = {}, authorization?: string) =>
  server.post(
    '/oauth2/token',
    { grant_type: 'client_credentials', ...form },
    {
      ...(authorization === undefined ? server.basic('cb') : { authorization }),
      ...(dpop === undefined ? {} : { dpop }),
    },
  )
const issued = async (response: Response): Promise<Answer> => {
  const text = await response.text()
  assert.equal(response.status, 200, text)
  return JSON.parse(text) as Answer
}
const partOf = (jwt: string): Readonly<Record<string, unknown>> =>
  JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
const introspect = async (token: string, as: string): Promise<Readonly<Record<string, unknown>>> => {
  const response = await server.post('/oauth2/introspect', { token }, server.basic(as))
  return (await response.json()) as Readonly<Record<string, unknown>>
}
/** Refused as `invalid_dpop_proof`, with this check for the operator, and no token issued. */
const assertRejected = async (dpop: string, check: string): Promise<void> => {
  const before = await issuedCount(server)
  const response = await ask(dpop)
  assert.equal((await refusalEvent(server, response)).check, check)
  await assertRefused(response, 400, 'invalid_dpop_proof')
  assert.equal(response.headers.get('dpop-nonce'), null)
  assert.equal(await issuedCount(server), before)
}

describe('RFC 9449 §5: a proof binds the token', () => {
  test('SEC-107: a JWT says so in cnf, introspection and the answer', async () => {
    const { access_token: token, token_type: type } = await issued(await ask(proof()))
    assert.equal(type, 'DPoP')
    assert.deepEqual(partOf(token).cnf, { jkt })
    const answer = await introspect(token, 'rsA')
    assert.deepEqual([answer.active, answer.token_type, answer.cnf], [true, 'DPoP', { jkt }])
    const [event] = await auditOf(server.store, { types: ['token.issued'] })
    assert.deepEqual(event?.confirmation, { jkt })
  })

  test('SEC-107: so does an opaque token, and the JWT it is translated to', async () => {
    const { access_token: token, token_type: type } = await issued(
      await ask(proof(), { resource: 'https://api-b.test' }, cd),
    )
    assert.equal(type, 'DPoP')
    const answer = await introspect(token, 'rsB')
    assert.deepEqual([answer.active, answer.token_type, answer.cnf], [true, 'DPoP', { jkt }])
    const headers = { ...server.basic('rsB'), accept: 'application/jwt' }
    const phantom = await server.post('/oauth2/introspect', { token }, headers)
    assert.deepEqual(partOf(await phantom.text()).cnf, { jkt })
  })

  test('without a proof the token of another client is a bearer token, as ever', async () => {
    const { access_token: token, token_type: type } = await issued(await ask(undefined))
    assert.equal(type, 'Bearer')
    assert.equal(partOf(token).cnf, undefined)
    assert.equal((await introspect(token, 'rsA')).token_type, 'Bearer')
  })

  for (const htu of [`${endpoint}?a=b#c`, endpoint.replace('http://', 'HTTP://'), `${issuer}/x/../oauth2/%74oken`]) {
    test(`query, fragment and spelling of htu do not matter: ${htu.replace(issuer, '')}`, async () => {
      await issued(await ask(proof({ htu })))
    })
  }

  test('an alias of the token endpoint is the htu of who asks there', async () => {
    const path = '/oauth/v2/oauth-token'
    const changed = await call('updateWorkspace', {}, { input: { aliases: [{ path, endpoint: 'token' }] } })
    assert.equal(changed.status, 200, changed.text)
    const url = `${server.publicUrl}${path}`
    const form = { grant_type: 'client_credentials' }
    const at = (dpop: string) => server.post(url, form, { ...server.basic('cb'), dpop })
    assert.equal((await issued(await at(proof({ htu: url })))).token_type, 'DPoP')
    await assertRefused(await at(proof()), 400, 'invalid_dpop_proof')
  })

  test('each algorithm of the metadata makes a proof', async () => {
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    const ed = generateKeyPairSync('ed25519')
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pss = { key: rsa.privateKey, padding: 6, saltLength: 32 }
    const es384 = { key: p384.privateKey, dsaEncoding: 'ieee-p1363' as const }
    const ways = [
      ['ES384', p384, (input: Buffer) => sign('sha384', input, es384)],
      ['PS256', rsa, (input: Buffer) => sign('sha256', input, pss)],
      ['RS256', rsa, (input: Buffer) => sign('sha256', input, rsa.privateKey)],
      ['Ed25519', ed, (input: Buffer) => sign(null, input, ed.privateKey)],
      ['EdDSA', ed, (input: Buffer) => sign(null, input, ed.privateKey)],
    ] as const
    for (const [alg, { publicKey }, signer] of ways) {
      const own = header({ alg, jwk: publicKey.export({ format: 'jwk' }) })
      const input = signed(own, claims()).split('.').slice(0, 2).join('.')
      const response = await ask(`${input}.${signer(Buffer.from(input)).toString('base64url')}`)
      assert.equal((await issued(response)).token_type, 'DPoP', alg)
    }
    const metadata = await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json()
    const names = ['ES256', ...ways.map(([alg]) => alg)]
    const { dpop_signing_alg_values_supported: supported } = metadata as Record<string, string[]>
    assert.deepEqual([...(supported ?? [])].sort(), names.sort())
  })
})

describe('RFC 9449 §5.2: a client whose tokens are always bound', () => {
  test('SEC-108: gets none without a proof', async () => {
    const before = await issuedCount(server)
    const response = await ask(undefined, { resource: 'https://api-a.test' }, cd)
    assert.equal((await refusalEvent(server, response)).check, 'dpop-proof-present')
    await assertRefused(response, 400, 'invalid_dpop_proof')
    assert.equal(await issuedCount(server), before)
  })

  test('SEC-108: and a bound one with it', async () => {
    assert.equal((await issued(await ask(proof(), { resource: 'https://api-a.test' }, cd))).token_type, 'DPoP')
  })

  test('a client of the system workspace is none: administration takes bearer tokens', async () => {
    const input = { id: 'bound', dpopBoundAccessTokens: true }
    const refused = await call('createClient', { tenant: 'system', workspace: 'admin' }, { input })
    assert.equal(refused.status, 400, refused.text)
    assert.match(refused.text, /cannot be bound/)
  })
})

describe('RFC 9449 §4.3: proofs that do not count', () => {
  test('SEC-109: two DPoP headers, both valid', async () => {
    const body = 'grant_type=client_credentials'
    for (const proofs of [
      [proof(), proof()],
      [proof(), ''],
    ]) {
      const before = await issuedCount(server)
      const headers = [
        `Authorization: ${server.basic('cb').authorization}`,
        'Content-Type: application/x-www-form-urlencoded',
        ...proofs.map((one) => `DPoP: ${one}`),
      ]
      const { pathname } = new URL(endpoint)
      const response = await sendRaw(server.publicUrl, rawPost(pathname, headers, body))
      assert.equal(response.status, 400)
      assert.match(response.body, /"invalid_dpop_proof"/)
      assert.equal(await issuedCount(server), before)
    }
  })

  test('SEC-110: the same proof twice, at once or one after the other, gives one token', async () => {
    const once = proof()
    await issued(await ask(once))
    await assertRejected(once, 'dpop-proof-used-once')
    const twin = proof()
    const answers = await Promise.all([1, 2, 3, 4].map(async () => (await ask(twin)).status))
    assert.deepEqual(answers.sort(), [200, 400, 400, 400])
  })

  test('SEC-110: a jti is somebody’s own: another key may have the same', async () => {
    const jti = 'same'
    await issued(await ask(proof({ jti })))
    await issued(await ask(other.proof({ jti })))
  })

  test('SEC-110: a request that is refused uses no proof up', async () => {
    const once = proof()
    await assertRefused(await ask(once, { scope: 'no:such' }), 400, 'invalid_scope')
    await assertRefused(await ask(once, {}, writeBasic('cb', 'wrong')), 401, 'invalid_client')
    await issued(await ask(once))
  })

  const without = (part: Readonly<Record<string, unknown>>, name: string) => ({ ...part, [name]: undefined })
  const symmetric = (): string => {
    const own = header({ alg: 'HS256', jwk: { kty: 'oct', k: 'c2VjcmV0' } })
    const input = signed(own, claims()).split('.').slice(0, 2).join('.')
    return `${input}.${createHmac('sha256', 'secret').update(input).digest('base64url')}`
  }
  const unsigned = (): string => `${proof({}, { alg: 'none' }).split('.').slice(0, 2).join('.')}.`
  const at = (path: string) => `${issuer}${path}`
  const host = endpoint.replace(/\/\/[^/]+/, '//other.test')
  const seconds = () => Math.floor(clock.now() / 1000)
  for (const [fault, made, check] of [
    ['typ missing', () => proof({}, { typ: undefined }), 'dpop-typ'],
    ['typ JWT', () => proof({}, { typ: 'JWT' }), 'dpop-typ'],
    ['alg missing', () => proof({}, { alg: undefined }), 'dpop-algorithm'],
    ['alg none, signed all the same', () => proof({}, { alg: 'none' }), 'dpop-algorithm'],
    ['alg none, unsigned', unsigned, 'dpop-malformed'],
    ['alg HS256 with a jwk oct', symmetric, 'dpop-algorithm'],
    ['alg ES256 with a jwk oct', () => proof({}, { jwk: { kty: 'oct', k: 'AA' } }), 'dpop-jwk-public'],
    ['alg of another key', () => proof({}, { alg: 'ES384' }), 'dpop-jwk-fits'],
    ['jwk missing', () => proof({}, { jwk: undefined }), 'dpop-jwk-present'],
    ['jwk a list', () => proof({}, { jwk: [jwk] }), 'dpop-jwk-present'],
    ['jwk of a point off its curve', () => proof({}, { jwk: { ...jwk, y: jwk.x } }), 'dpop-jwk-unusable'],
    ['jwk with a short x', () => proof({}, { jwk: { ...jwk, x: 'AA' } }), 'dpop-jwk-malformed'],
    ['crit', () => proof({}, { crit: ['b64'], b64: false }), 'dpop-crit'],
    ['jti missing', () => proof({ jti: undefined }), 'dpop-jti'],
    ['jti empty', () => proof({ jti: '' }), 'dpop-jti'],
    ['jti endless', () => proof({ jti: 'a'.repeat(257) }), 'dpop-jti'],
    ['htm missing', () => signed(header(), without(claims(), 'htm')), 'dpop-htm'],
    ['htm GET', () => proof({ htm: 'GET' }), 'dpop-htm'],
    ['htm post', () => proof({ htm: 'post' }), 'dpop-htm'],
    ['htu missing', () => proof({ htu: undefined }), 'dpop-htu'],
    ['htu of another path', () => proof({ htu: at('/oauth2/introspect') }), 'dpop-htu'],
    ['htu of another case', () => proof({ htu: at('/oauth2/Token') }), 'dpop-htu'],
    ['htu with a slash more', () => proof({ htu: `${endpoint}/` }), 'dpop-htu'],
    ['htu with an encoded slash', () => proof({ htu: at('/oauth2%2Ftoken') }), 'dpop-htu'],
    ['htu with a user', () => proof({ htu: endpoint.replace('//', '//me@') }), 'dpop-htu'],
    ['htu of another host', () => proof({ htu: host }), 'dpop-htu'],
    ['htu no URL', () => proof({ htu: '/oauth2/token' }), 'dpop-htu'],
    ['iat missing', () => proof({ iat: undefined }), 'dpop-iat'],
    ['iat as text', () => proof({ iat: String(seconds()) }), 'dpop-iat'],
    ['iat an hour ago', () => proof({ iat: seconds() - 3600 }), 'dpop-iat'],
    ['iat an hour ahead', () => proof({ iat: seconds() + 3600 }), 'dpop-iat'],
    ['nonce no text', () => proof({ nonce: 7 }), 'dpop-nonce-malformed'],
    ['no JWT', () => 'hello', 'dpop-malformed'],
    ['empty', () => '', 'dpop-malformed'],
    ['no object', () => `${Buffer.from('[]').toString('base64url')}.e30.AA`, 'dpop-malformed'],
    ['endless', () => `${proof()}${'A'.repeat(9000)}`, 'dpop-malformed'],
  ] as const) {
    test(`SEC-111: ${fault}`, async () => assertRejected(made(), check))
  }

  test('SEC-116: a key in its private form, which appears nowhere', async () => {
    await assertRejected(proof({}, { jwk: privateJwk }), 'dpop-jwk-public')
    const events = await auditOf(server.store, {})
    assert.ok(!JSON.stringify(events).includes(privateJwk.d))
  })

  test('SEC-116: a signature by another key, cut, or of another proof', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await assertRejected(proof({}, {}, privateKey), 'dpop-signature')
    await assertRejected(proof().slice(0, -4), 'dpop-signature')
    const [one, two] = [proof().split('.'), proof().split('.')]
    await assertRejected([one[0], one[1], two[2]].join('.'), 'dpop-signature')
  })
})

describe('RFC 9449 §8: nonces of the server', () => {
  test('SEC-117: without one the answer brings it, with it there is a token, and after its time a new one', async () => {
    await issued(await ask(proof({ nonce: 'not asked for' })))
    const on = await call('updateWorkspace', {}, { input: { dpopNonce: true } })
    assert.equal(on.status, 200, on.text)
    const before = await issuedCount(server)
    const refusedWith = async (dpop: string): Promise<string> => {
      const response = await ask(dpop)
      const nonce = response.headers.get('dpop-nonce')
      assert.equal((await refusalEvent(server, response)).check, 'dpop-nonce')
      await assertRefused(response, 400, 'use_dpop_nonce')
      assert.match(nonce ?? '', /^[\w-]{24}$/)
      return nonce ?? ''
    }
    const first = await refusedWith(proof())
    await refusedWith(proof({ nonce: 'guessed' }))
    await refusedWith(proof({ nonce: `${first}A` }))
    assert.equal(await issuedCount(server), before)
    const good = await ask(proof({ nonce: first }))
    assert.ok(good.headers.get('dpop-nonce'))
    assert.equal((await issued(good)).token_type, 'DPoP')
    clock.advance(180_000)
    const second = await refusedWith(proof({ nonce: first }))
    assert.notEqual(second, first)
    await issued(await ask(proof({ nonce: second })))
    // Who sends no proof is not asked for a nonce either.
    assert.equal((await issued(await ask(undefined))).token_type, 'Bearer')
    await call('updateWorkspace', {}, { input: { dpopNonce: false } })
    assert.equal((await ask(proof())).headers.get('dpop-nonce'), null)
  })
})

describe('RFC 9449 §7.1: a bound token is no bearer token', () => {
  test('it opens the introspection endpoint to nobody who merely has it', async () => {
    const { access_token: token } = await issued(await ask(proof()))
    for (const scheme of ['Bearer', 'DPoP']) {
      const response = await server.post('/oauth2/introspect', { token }, { authorization: `${scheme} ${token}` })
      await assertRefused(response, 401, scheme === 'Bearer' ? 'invalid_token' : 'invalid_client')
    }
  })

  test('and its client revokes it as any other', async () => {
    const { access_token: token } = await issued(await ask(proof()))
    assert.equal((await server.post('/oauth2/revoke', { token }, server.basic('cb'))).status, 200)
    assert.deepEqual(await introspect(token, 'rsA'), { active: false })
  })
})
