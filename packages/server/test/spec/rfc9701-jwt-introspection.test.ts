import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { casesFounding, startTestServer } from '../fixtures.ts'

const founding = {
  ...casesFounding,
  apis: {
    ...casesFounding.apis,
    'api-rsa': { audience: 'https://api-rsa.test', scopes: [], algorithm: 'PS256', tokenFormat: 'opaque' },
  },
  clients: {
    ...casesFounding.clients,
    cr: { capabilities: ['client_credentials'], permissions: [{ api: 'api-rsa', scopes: [], defaultScopes: [] }] },
    rsR: { capabilities: ['introspection'], introspects: ['api-rsa'] },
  },
} as const
const server = await startTestServer({ after }, { founding })
const keys = createRemoteJWKSet(new URL(`${server.issuer}/.well-known/jwks.json`), { cooldownDuration: 0 })

const signedType = 'application/token-introspection+jwt'
const introspect = (caller: string, token: string, accept: string | undefined) =>
  server.post('/oauth2/introspect', { token }, { ...server.basic(caller), ...(accept === undefined ? {} : { accept }) })
const opaqueOf = () => server.token('cx', { scope: 'b:read' })

describe('RFC 9701 §5: a signed answer', () => {
  test('SEC-158: it is for the caller, about the token, and signed with a published key', async () => {
    for (const [caller, token, algorithm] of [
      ['rsA', await server.token('cb'), 'ES256'],
      ['rsB', await opaqueOf(), 'ES256'],
      ['rsR', await server.token('cr'), 'PS256'],
    ] as const) {
      const response = await introspect(caller, token, signedType)
      assert.equal(response.status, 200)
      assert.equal(response.headers.get('content-type'), signedType)
      assert.equal(response.headers.get('cache-control'), 'no-store')
      const text = await response.text()
      const { payload, protectedHeader } = await jwtVerify(text, keys, {
        issuer: server.issuer,
        audience: caller,
        typ: 'token-introspection+jwt',
      })
      assert.equal(protectedHeader.alg, algorithm)
      assert.deepEqual(Object.keys(payload).sort(), ['aud', 'iat', 'iss', 'token_introspection'])
      const plain = await introspect(caller, token, undefined)
      assert.deepEqual(payload.token_introspection, await plain.json())
      assert.equal((payload.token_introspection as { active: boolean }).active, true)
    }
  })

  test('SEC-158: what the caller may not see is {"active":false} in a signed answer too, signed as for any garbage', async () => {
    const foreign = await server.token('cb')
    for (const token of [foreign, 'garbage', await opaqueOf()]) {
      const text = await (await introspect('rsR', token, signedType)).text()
      const { payload, protectedHeader } = await jwtVerify(text, keys, { audience: 'rsR' })
      assert.deepEqual(payload.token_introspection, { active: false })
      assert.equal(protectedHeader.alg, 'PS256')
    }
  })

  test('SEC-158: it is not an access token: neither here nor for a verifier that looks at the type', async () => {
    const signed = await (await introspect('rsA', await server.token('cb'), signedType)).text()
    assert.deepEqual(await (await introspect('rsA', signed, undefined)).json(), { active: false })
    await assert.rejects(jwtVerify(signed, keys, { typ: 'at+jwt' }))
    const bearer = { authorization: `Bearer ${signed}` }
    assert.equal((await server.post('/oauth2/introspect', { token: signed }, bearer)).status, 401)
  })

  test('metadata says which algorithms sign it', async () => {
    const metadata = (await (await fetch(`${server.issuer}/.well-known/oauth-authorization-server`)).json()) as {
      introspection_signing_alg_values_supported: string[]
    }
    assert.deepEqual(metadata.introspection_signing_alg_values_supported.toSorted(), ['ES256', 'PS256'])
  })
})

test('SEC-159: whatever else Accept says, the answer is JSON', async () => {
  const token = await server.token('cb')
  const jsonWanted: readonly string[] = [
    'text/html',
    '*/*',
    'application/*',
    'application/json',
    `application/json, ${signedType}`,
    `application/json;q=0.9, ${signedType};q=0.8`,
    'application/jwt;q=0',
    'nonsense',
    ',;=',
  ]
  for (const accept of [undefined, ...jsonWanted]) {
    const response = await introspect('rsA', token, accept)
    assert.equal(response.status, 200, String(accept))
    assert.match(response.headers.get('content-type') ?? '', /^application\/json/, String(accept))
    assert.equal(((await response.json()) as { active: boolean }).active, true)
  }
  const preferred = await introspect('rsA', token, `application/json;q=0.5, ${signedType}`)
  assert.equal(preferred.headers.get('content-type'), signedType)
  const refused = await server.post('/oauth2/introspect', { token }, { accept: signedType })
  assert.equal(refused.status, 401)
  assert.match(refused.headers.get('content-type') ?? '', /^application\/json/)
})

describe('the phantom token: Accept: application/jwt', () => {
  test('an opaque token comes back as a JWT access token with the same claims', async () => {
    const token = await opaqueOf()
    const response = await introspect('rsB', token, 'application/jwt')
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('content-type'), 'application/jwt')
    assert.equal(response.headers.get('cache-control'), 'no-store')
    const { payload, protectedHeader } = await jwtVerify(await response.text(), keys, {
      issuer: server.issuer,
      audience: 'https://api-b.test',
      typ: 'at+jwt',
    })
    assert.equal(protectedHeader.alg, 'ES256')
    const { active, token_type, ...claims } = (await (await introspect('rsB', token, undefined)).json()) as Record<
      string,
      unknown
    >
    assert.equal(active, true)
    assert.equal(token_type, 'Bearer')
    assert.deepEqual({ ...payload }, claims)
  })

  test("it is signed with the API's algorithm", async () => {
    const text = await (await introspect('rsR', await server.token('cr'), 'application/jwt')).text()
    assert.equal(decodeProtectedHeader(text).alg, 'PS256')
  })

  test('a JWT comes back as it is', async () => {
    const token = await server.token('cb')
    assert.equal(await (await introspect('rsA', token, 'application/jwt')).text(), token)
  })

  test('it dies with the token it stands for, and takes it along', async () => {
    const phantomOf = async (token: string) => (await introspect('rsB', token, 'application/jwt')).text()
    const one = await opaqueOf()
    const ofOne = await phantomOf(one)
    await server.post('/oauth2/revoke', { token: one }, server.basic('cx'))
    assert.deepEqual(await (await introspect('rsB', ofOne, undefined)).json(), { active: false })
    const two = await opaqueOf()
    await server.post('/oauth2/revoke', { token: await phantomOf(two) }, server.basic('cx'))
    assert.deepEqual(await (await introspect('rsB', two, undefined)).json(), { active: false })
  })

  test('a client cannot turn its own opaque token into a JWT, which an offline verifier would take after revocation', async () => {
    const response = await introspect('cx', await opaqueOf(), 'application/jwt')
    assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
    const body = (await response.json()) as Record<string, unknown>
    assert.equal(body.active, true)
    assert.ok(!JSON.stringify(body).includes('eyJ'))
  })

  test('what is inactive, or not for the caller, has no JWT: 204 without content', async () => {
    for (const [caller, token] of [
      ['rsB', 'garbage'],
      ['rsB', await server.token('cb')],
      ['rsA', await opaqueOf()],
    ] as const) {
      const response = await introspect(caller, token, 'application/jwt')
      assert.equal(response.status, 204)
      assert.equal(response.headers.get('cache-control'), 'no-store')
      assert.equal(response.headers.get('content-type'), null)
      assert.equal(await response.text(), '')
    }
  })
})
