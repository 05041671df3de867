import assert from 'node:assert/strict'
import { createPublicKey, verify, webcrypto } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { accessTokenPrefix, openFormat } from '@mintmark/protocol'
import { createRemoteJWKSet, type JWK, jwtVerify } from 'jose'
import { casesFounding, startTestServer } from '../fixtures.ts'

const algorithms = ['ES256', 'RS256', 'PS256', 'Ed25519'] as const
const founding = {
  ...casesFounding,
  apis: {
    ...casesFounding.apis,
    ...Object.fromEntries(
      algorithms.map((algorithm) => [
        algorithm.toLowerCase(),
        { audience: `https://${algorithm}.test`, scopes: [{ name: 'use', description: '' }], algorithm },
      ]),
    ),
  },
  clients: {
    ...casesFounding.clients,
    all: {
      capabilities: ['client_credentials'],
      permissions: algorithms.map((algorithm) => ({
        api: algorithm.toLowerCase(),
        scopes: ['use'],
        defaultScopes: ['use'],
      })),
    },
  },
}
const server = await startTestServer({ after }, { founding })
const obtain = (algorithm: string) => server.token('all', { resource: `https://${algorithm}.test` })
const keySet = async () =>
  ((await (await fetch(`${server.issuer}/.well-known/jwks.json`)).json()) as { keys: (JWK & { kid: string })[] }).keys
const part = (jwt: string, index: number) =>
  JSON.parse(Buffer.from(jwt.split('.')[index] ?? '', 'base64url').toString()) as Record<string, unknown>

describe('RFC 9068 §2: the JWT', () => {
  test('SEC-138: header and claims are those of an access token, and no others', async () => {
    const before = Math.floor(server.clock.now() / 1000)
    const token = await server.token('cb')
    const [header, claims] = [part(token, 0), part(token, 1)]
    assert.deepEqual(Object.keys(header).sort(), ['alg', 'kid', 'typ'])
    assert.equal(header.typ, 'at+jwt')
    assert.equal(header.alg, 'ES256')
    assert.ok((await keySet()).some(({ kid, alg }) => kid === header.kid && alg === 'ES256'))
    const { exp, iat, jti, ...rest } = claims
    assert.deepEqual(rest, {
      iss: server.issuer,
      aud: 'https://api-a.test',
      sub: 'cb',
      client_id: 'cb',
      scope: 'api:read',
    })
    assert.ok(Number.isInteger(iat) && Number(iat) >= before && Number(exp) === Number(iat) + 3600)
    // 128 random bits behind the credential's id (RFC 6749 §10.10).
    assert.match(String(jti), /^[0-9a-z]{10}\.[\w-]{22}$/)
  })
})

describe('SEC-139: others verify it, by the published keys alone', () => {
  for (const algorithm of algorithms) {
    test(`${algorithm}: jose accepts it, and nothing else for it`, async () => {
      const token = await obtain(algorithm)
      const keys = createRemoteJWKSet(new URL(`${server.issuer}/.well-known/jwks.json`), { cooldownDuration: 0 })
      const expected = { issuer: server.issuer, audience: `https://${algorithm}.test`, typ: 'at+jwt' }
      const { protectedHeader } = await jwtVerify(token, keys, expected)
      assert.equal(protectedHeader.alg, algorithm)
      await assert.rejects(jwtVerify(token, keys, { ...expected, audience: 'https://other.test' }))
      await assert.rejects(jwtVerify(token, keys, { ...expected, issuer: `${server.issuer}/` }))
    })

    test(`${algorithm}: OpenSSL accepts it, and no token with a byte changed`, async () => {
      const token = await obtain(algorithm)
      const [header = '', payload = '', signature = ''] = token.split('.')
      const jwk = (await keySet()).find(({ kid }) => kid === part(token, 0).kid)
      assert.ok(jwk)
      const key = createPublicKey({ key: jwk as webcrypto.JsonWebKey, format: 'jwk' })
      const options = {
        ES256: { key, dsaEncoding: 'ieee-p1363' as const },
        RS256: { key, padding: 1 },
        PS256: { key, padding: 6, saltLength: 32 },
        Ed25519: { key },
      }[algorithm]
      const valid = (input: string, bytes: Buffer) =>
        verify(algorithm === 'Ed25519' ? null : 'sha256', Buffer.from(input), options, bytes)
      const bytes = Buffer.from(signature, 'base64url')
      assert.ok(valid(`${header}.${payload}`, bytes))
      const flipped = (buffer: Buffer, index: number) => {
        const copy = Buffer.from(buffer)
        copy[index] = (copy[index] ?? 0) ^ 1
        return copy
      }
      const input = Buffer.from(`${header}.${payload}`)
      for (let index = 0; index < input.length; index += 7) {
        assert.ok(!valid(flipped(input, index).toString('latin1'), bytes))
      }
      for (let index = 0; index < bytes.length; index += 7) {
        assert.ok(!valid(`${header}.${payload}`, flipped(bytes, index)))
      }
    })
  }

  test('WebCrypto, as browsers and workers have it, accepts it', async () => {
    const token = await obtain('ES256')
    const jwk = (await keySet()).find(({ kid }) => kid === part(token, 0).kid)
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
    const key = await webcrypto.subtle.importKey('jwk', jwk as webcrypto.JsonWebKey, algorithm, false, ['verify'])
    const [header, payload, signature = ''] = token.split('.')
    const accepted = await webcrypto.subtle.verify(
      algorithm,
      key,
      Buffer.from(signature, 'base64url'),
      Buffer.from(`${header}.${payload}`),
    )
    assert.ok(accepted)
  })

  test('we reject every token with a character changed, wherever it is', async () => {
    const tokens = [await server.token('cb'), await server.token('cx', { scope: 'b:read' })]
    for (const [token, caller] of [
      [tokens[0] ?? '', 'rsA'],
      [tokens[1] ?? '', 'rsB'],
    ] as const) {
      for (let index = 0; index < token.length; index += 11) {
        const other = token[index] === 'A' ? 'B' : 'A'
        const changed = token.slice(0, index) + other + token.slice(index + 1)
        const response = await server.post('/oauth2/introspect', { token: changed }, server.basic(caller))
        assert.deepEqual(await response.json(), { active: false }, `character ${index}`)
      }
    }
  })
})

describe('SEC-140: keys and algorithms', () => {
  test('published keys are strong, public and named; metadata lists no weak algorithm', async () => {
    for (const algorithm of algorithms) await obtain(algorithm)
    const keys = await keySet()
    assert.deepEqual(new Set(keys.map(({ alg }) => alg)), new Set(algorithms))
    assert.equal(new Set(keys.map(({ kid }) => kid)).size, keys.length)
    for (const key of keys) {
      assert.equal(key.use, 'sig')
      for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) assert.ok(!(member in key), member)
      if (key.kty === 'RSA') assert.ok(Buffer.from(key.n ?? '', 'base64url').length >= 256)
      if (key.kty === 'EC') assert.equal(key.crv, 'P-256')
      if (key.kty === 'OKP') assert.equal(key.crv, 'Ed25519')
      assert.ok(['RSA', 'EC', 'OKP'].includes(key.kty ?? ''))
    }
    const metadata = await (await fetch(`${server.issuer}/.well-known/openid-configuration`)).text()
    for (const weak of ['"none"', 'HS256', 'HS384', 'HS512', 'RSA1_5']) assert.ok(!metadata.includes(weak), weak)
  })
})

describe('opaque tokens', () => {
  test('they say nothing to anybody else, can be scanned for, and are unlike each other', async () => {
    const tokens = await Promise.all(Array.from({ length: 20 }, () => server.token('cx', { scope: 'b:read' })))
    for (const token of tokens) {
      assert.match(token, /^mmk_at_[A-Za-z0-9]+$/)
      const bytes = Buffer.from(openFormat(accessTokenPrefix, token) ?? assert.fail())
      for (const said of ['https://api-b.test', 'b:read', 'localhost']) assert.ok(!bytes.includes(said), said)
    }
    const prefix = (token: string) => token.slice('mmk_at_'.length, 'mmk_at_'.length + 60)
    assert.equal(new Set(tokens.map(prefix)).size, tokens.length)
  })
})

describe('SEC-141: names give no rights', () => {
  test('a token of a client named like an administrator opens nothing on the management listener', async (context) => {
    const clients = { cli: casesFounding.clients.cb ?? {}, admin: casesFounding.clients.cb ?? {} }
    const other = await startTestServer(context, { founding: { ...casesFounding, clients } })
    for (const client of ['cli', 'admin']) {
      const token = await other.token(client)
      for (const path of ['/admin/v1/workspaces', '/admin/v1/tenants', '/admin/v1/audit']) {
        const response = await fetch(`${other.adminUrl}${path}`, { headers: { authorization: `Bearer ${token}` } })
        assert.ok([401, 403].includes(response.status), `${path} ${response.status}`)
        await response.body?.cancel()
      }
    }
  })

  test('the system workspace answers on the management listener only, and others on the public one only', async () => {
    for (const url of [
      `${server.publicUrl}/system/admin/oauth2/token`,
      `${server.publicUrl}/system/admin/.well-known/jwks.json`,
      `${server.publicUrl}/.well-known/oauth-authorization-server/system/admin`,
      `${server.adminUrl}/acme/cases/oauth2/token`,
    ]) {
      const response = await server.post(url, 'grant_type=client_credentials', server.basic('cb'))
      assert.equal(response.status, 404, url)
    }
  })
})
