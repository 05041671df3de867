import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { change, create } from '../configure.ts'
import { casesFounding, startTestServer } from '../fixtures.ts'
import { createPlatform, platformClaims } from '../platforms.ts'

const algorithms = ['ES256', 'RS256', 'PS256', 'Ed25519', 'EdDSA'] as const
const workspace = casesFounding.workspace
const server = await startTestServer(
  { after },
  {
    founding: {
      ...casesFounding,
      apis: {
        ...casesFounding.apis,
        ...Object.fromEntries(
          algorithms.map((algorithm) => [
            algorithm,
            {
              audience: `https://${algorithm}.test`,
              scopes: [{ name: `use:${algorithm}`, description: '' }],
              algorithm,
            },
          ]),
        ),
        off: { audience: 'https://off.test', scopes: [{ name: 'off:read', description: '' }], enabled: false },
      },
      clients: {
        ...casesFounding.clients,
        all: {
          capabilities: ['client_credentials', 'introspection', 'jwt_bearer'],
          authenticationMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'federated'],
          permissions: [
            ...algorithms.map((api) => ({ api, scopes: [`use:${api}`], defaultScopes: [] })),
            { api: 'api-a', scopes: ['api:read', 'api:write'], defaultScopes: [] },
            { api: 'api-b', scopes: ['b:read'], defaultScopes: [] },
          ],
          introspects: algorithms,
        },
      },
    },
  },
)

const paths = [
  `${server.issuer}/.well-known/oauth-authorization-server`,
  `${server.issuer}/.well-known/openid-configuration`,
  `${server.publicUrl}/.well-known/oauth-authorization-server/${workspace}`,
  `${server.publicUrl}/.well-known/openid-configuration/${workspace}`,
]
const [ofOauth = ''] = paths
type Metadata = Readonly<Record<string, string | readonly string[]>>
const read = async (url: string): Promise<Metadata> => (await fetch(url)).json() as Promise<Metadata>
const metadata = await read(ofOauth)
const list = (name: string): readonly string[] => metadata[name] as readonly string[]
const url = (name: string): string => metadata[name] as string

const clientCredentials = { grant_type: 'client_credentials', scope: 'api:read' }
const errorOf = async (response: Response) => ((await response.json()) as { error?: string }).error

/** The client `all` signs for itself, and is a workload of a SPIFFE trust domain. */
const own = createPlatform('ES256')
const [jwk] = own.jwks.keys
const keyed = { algorithm: 'ES256', kid: 'k1', jwk: { kty: jwk?.kty, crv: jwk?.crv, x: jwk?.x, y: jwk?.y } }
const place = { ...server, workspace }
const sub = 'spiffe://example.org/ns/billing/sa/invoices'
const match = [{ claim: 'sub', equals: sub }]
await create(place, 'credential', 'key-of-all', { type: 'key', ...keyed, created: 0 }, 'all')
await create(place, 'trust', 'mesh', { issuer: 'spiffe://example.org', keys: { type: 'jwks', keys: [keyed] } })
await create(place, 'credential', 'pod-of-all', { type: 'federated', trust: 'mesh', match, created: 0 }, 'all')
const moment = () => ({ now: Math.floor(server.clock.now() / 1000), audience: server.issuer })
const svid = () => own.token(platformClaims.spiffe(moment()))
const selfSigned = () =>
  own.token({ ...platformClaims.spiffe(moment()), aud: server.issuer, iss: 'all', sub: 'all', jti: randomUUID() })
const asserted = (kind: string, assertion: () => string) => ({
  headers: {},
  get form() {
    const type = `urn:ietf:params:oauth:client-assertion-type:${kind}`
    return { client_assertion_type: type, client_assertion: assertion() }
  },
})

/** The client `all` as each registered method presents it. */
const waysOfAuthentication: Readonly<
  Record<
    string,
    { readonly form: Readonly<Record<string, string>>; readonly headers: Readonly<Record<string, string>> }
  >
> = {
  private_key_jwt: asserted('jwt-bearer', selfSigned),
  spiffe_jwt: asserted('jwt-spiffe', svid),
  client_secret_basic: { form: {}, headers: server.basic('all') },
  client_secret_post: { form: { client_id: 'all', client_secret: server.secrets.all ?? '' }, headers: {} },
  Bearer: { form: {}, headers: { authorization: `Bearer ${await server.token('all', { scope: 'api:read' })}` } },
  none: { form: { client_id: 'all' }, headers: {} },
  client_secret_jwt: {
    form: {
      client_id: 'all',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln',
    },
    headers: {},
  },
}

const methods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'spiffe_jwt']
const assertionAlgorithms = ['ES256', 'ES384', 'PS256', 'RS256', 'Ed25519']
const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

describe('RFC 8414 §2: the document', () => {
  test('SEC-174: it names issuer, endpoints and what they take, absolute and under the issuer', async () => {
    const response = await fetch(ofOauth)
    assert.equal(response.status, 200)
    assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
    assert.deepEqual(metadata, {
      issuer: server.issuer,
      token_endpoint: `${server.issuer}/oauth2/token`,
      token_endpoint_auth_methods_supported: methods,
      token_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
      introspection_endpoint: `${server.issuer}/oauth2/introspect`,
      introspection_endpoint_auth_methods_supported: [...methods, 'Bearer'],
      introspection_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
      client_key_rollover_endpoint: `${server.issuer}/oauth2/client-key-rollover`,
      revocation_endpoint: `${server.issuer}/oauth2/revoke`,
      revocation_endpoint_auth_methods_supported: methods,
      revocation_endpoint_auth_signing_alg_values_supported: assertionAlgorithms,
      authorization_endpoint: `${server.issuer}/oauth2/authorize`,
      jwks_uri: `${server.issuer}/.well-known/jwks.json`,
      scopes_supported: ['api:read', 'api:write', 'b:read', ...algorithms.map((name) => `use:${name}`)].toSorted(
        (a, b) => list('scopes_supported').indexOf(a) - list('scopes_supported').indexOf(b),
      ),
      response_types_supported: [],
      grant_types_supported: ['client_credentials', jwtBearer],
      dpop_signing_alg_values_supported: ['ES256', 'ES384', 'PS256', 'RS256', 'Ed25519', 'EdDSA'],
      introspection_signing_alg_values_supported: metadata.introspection_signing_alg_values_supported,
    })
    assert.deepEqual(list('introspection_signing_alg_values_supported').toSorted(), algorithms.toSorted())
  })

  test('the four places say the same, and those of OpenID Connect what its clients demand besides', async () => {
    const openid = {
      ...metadata,
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: metadata.introspection_signing_alg_values_supported,
    }
    const documents = await Promise.all(paths.map(read))
    assert.deepEqual(documents, [metadata, openid, metadata, openid])
  })

  test('RFC 8414 §3.2: a list with nothing in it is left out', async (context) => {
    const empty = await startTestServer(context, {
      founding: { ...casesFounding, apis: {}, clients: {} },
    })
    const document = await read(`${empty.issuer}/.well-known/oauth-authorization-server`)
    assert.equal('scopes_supported' in document, false)
    assert.deepEqual(document.response_types_supported, [])
  })

  test('a workspace that does not exist has none', async () => {
    for (const path of [
      '/.well-known/oauth-authorization-server/acme/other',
      '/.well-known/oauth-authorization-server/acme',
      '/.well-known/oauth-authorization-server',
      '/acme/other/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server/system/admin',
    ]) {
      assert.equal((await fetch(server.publicUrl + path)).status, 404, path)
    }
  })

  test('a change of the configuration shows at once', async (context) => {
    const own = await startTestServer(context)
    await change({ ...own, workspace }, 'api', 'api-a', { algorithm: 'PS256' })
    await change({ ...own, workspace }, 'api', 'api-b', { enabled: false })
    const document = await read(`${own.issuer}/.well-known/openid-configuration`)
    assert.deepEqual(document.introspection_signing_alg_values_supported, ['ES256', 'PS256'])
    assert.deepEqual(document.scopes_supported, ['api:read', 'api:write'])
  })
})

describe('SEC-175: metadata tells the truth', () => {
  for (const endpoint of ['token', 'introspection', 'revocation']) {
    test(`the ${endpoint} endpoint takes the authentication it names and no other`, async () => {
      const named = list(`${endpoint}_endpoint_auth_methods_supported`)
      for (const name of named) assert.ok(name in waysOfAuthentication, `no request is known for ${name}`)
      for (const [name, { form, headers }] of Object.entries(waysOfAuthentication)) {
        const token = await server.token('all', { scope: 'api:read' })
        const own = endpoint === 'token' ? clientCredentials : { token }
        const response = await server.post(url(`${endpoint}_endpoint`), { ...own, ...form }, headers)
        assert.equal(response.status === 200, named.includes(name), `${name}: ${response.status}`)
      }
    })
  }

  test('every grant type it names works, and others are refused', async () => {
    const works: Readonly<Record<string, object>> = {
      client_credentials: clientCredentials,
      [jwtBearer]: { scope: 'api:read', assertion: svid() },
    }
    const others = [
      'authorization_code',
      'password',
      'refresh_token',
      'implicit',
      'urn:ietf:params:oauth:grant-type:token-exchange',
      'urn:ietf:params:oauth:grant-type:device_code',
    ]
    for (const type of new Set([...list('grant_types_supported'), ...others])) {
      const form = { ...works[type], grant_type: type }
      // There the assertion is the proof too.
      const headers = type === jwtBearer ? {} : server.basic('all')
      const response = await server.post(url('token_endpoint'), form, headers)
      if (list('grant_types_supported').includes(type)) assert.equal(response.status, 200, type)
      else assert.equal(await errorOf(response), 'unsupported_grant_type', type)
    }
  })

  test('every scope it names can be granted, and one of a disabled API cannot', async () => {
    for (const scope of list('scopes_supported')) {
      const form = { grant_type: 'client_credentials', scope }
      assert.equal((await server.post(url('token_endpoint'), form, server.basic('all'))).status, 200, scope)
    }
    const response = await server.post(
      url('token_endpoint'),
      { grant_type: 'client_credentials', scope: 'off:read' },
      server.basic('all'),
    )
    assert.equal(await errorOf(response), 'invalid_scope')
  })

  test('every algorithm it names signs an introspection answer that the named key set verifies', async () => {
    const keys = createRemoteJWKSet(new URL(url('jwks_uri')), { cooldownDuration: 0 })
    for (const algorithm of list('introspection_signing_alg_values_supported')) {
      const token = await server.token('all', { scope: `use:${algorithm}` })
      const response = await server.post(
        url('introspection_endpoint'),
        { token },
        { ...server.basic('all'), accept: 'application/token-introspection+jwt' },
      )
      const answer = await response.text()
      assert.equal(decodeProtectedHeader(answer).alg, algorithm)
      await jwtVerify(answer, keys, { issuer: server.issuer, audience: 'all' })
    }
  })

  test('no response type is named, and the authorization endpoint refuses them all', async () => {
    for (const type of ['code', 'token', 'id_token', '']) {
      const response = await fetch(`${url('authorization_endpoint')}?response_type=${type}&client_id=all`)
      assert.equal(response.status, 400)
      assert.equal(response.headers.get('cache-control'), 'no-store')
      assert.equal(await errorOf(response), 'unsupported_response_type')
    }
  })

  test('endpoints it does not name are not there', async () => {
    for (const path of ['register', 'par', 'device_authorization', 'userinfo', 'logout', 'token/', 'Token']) {
      assert.equal((await server.post(`/oauth2/${path}`, clientCredentials, server.basic('all'))).status, 404, path)
    }
  })
})

describe('SEC-179: caching', () => {
  for (const path of [...paths, `${server.issuer}/.well-known/jwks.json`]) {
    test(`${new URL(path).pathname} may be kept for a while and asked for again cheaply`, async () => {
      const first = await fetch(path)
      const body = await first.text()
      const etag = first.headers.get('etag') ?? ''
      assert.equal(first.headers.get('cache-control'), 'public, max-age=900')
      assert.match(etag, /^"[\w-]+"$/)
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const again = await fetch(path, { headers: { 'if-none-match': known }, cache: 'no-store' })
        assert.equal(again.status, 304, known)
        assert.equal(again.headers.get('etag'), etag)
        assert.equal(again.headers.get('cache-control'), 'public, max-age=900')
        assert.equal(await again.text(), '')
      }
      const other = await fetch(path, { headers: { 'if-none-match': '"other"' }, cache: 'no-store' })
      assert.equal(await other.text(), body)
      const head = await fetch(path, { method: 'HEAD' })
      assert.equal(head.status, 200)
      assert.equal(head.headers.get('etag'), etag)
      assert.equal(head.headers.get('content-length'), String(Buffer.byteLength(body)))
      assert.equal(await head.text(), '')
      const post = await fetch(path, { method: 'POST' })
      assert.equal(post.status, 405)
      assert.equal(post.headers.get('allow'), 'GET, HEAD')
    })
  }

  test('a changed document has another tag', async (context) => {
    const own = await startTestServer(context)
    const at = `${own.issuer}/.well-known/openid-configuration`
    const before = (await fetch(at)).headers.get('etag') ?? ''
    await change({ ...own, workspace }, 'api', 'api-b', { enabled: false })
    assert.equal((await fetch(at, { headers: { 'if-none-match': before }, cache: 'no-store' })).status, 200)
  })

  test('the time is the one configured', async (context) => {
    const own = await startTestServer(context, { settings: { metadataMaxAge: '60' } })
    const response = await fetch(`${own.issuer}/.well-known/jwks.json`)
    assert.equal(response.headers.get('cache-control'), 'public, max-age=60')
  })
})

describe('RFC 7517 §5: the key set', () => {
  test('SEC-178: it holds public signing keys only, each with its own kid, and says what each is for', async () => {
    for (const algorithm of algorithms) await server.token('all', { scope: `use:${algorithm}` })
    await server.token('all', { scope: 'b:read' })
    const response = await fetch(url('jwks_uri'))
    assert.match(response.headers.get('content-type') ?? '', /^application\/(jwk-set\+)?json/)
    const { keys } = (await response.json()) as { keys: Record<string, string>[] }
    assert.deepEqual(keys.map(({ alg }) => alg).toSorted(), algorithms.toSorted())
    assert.equal(new Set(keys.map(({ kid }) => kid)).size, keys.length)
    const parameters: Readonly<Record<string, readonly string[]>> = {
      EC: ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
      RSA: ['alg', 'e', 'kid', 'kty', 'n', 'use'],
      OKP: ['alg', 'crv', 'kid', 'kty', 'use', 'x'],
    }
    for (const key of keys) {
      assert.deepEqual(Object.keys(key).toSorted(), parameters[key.kty ?? ''])
      assert.equal(key.use, 'sig')
    }
  })
})

test('a verifier that reads the key set before the first token finds the keys its APIs will sign with', async (context) => {
  const own = await startTestServer(context)
  const keySet = async () => (await fetch(`${own.issuer}/.well-known/jwks.json`, { cache: 'no-store' })).text()
  const sets = await Promise.all([keySet(), keySet(), keySet()])
  assert.equal(new Set(sets).size, 1)
  const { keys } = JSON.parse(sets[0]) as { keys: { kid: string; alg: string }[] }
  assert.deepEqual(
    keys.map(({ alg }) => alg),
    ['ES256'],
  )
  assert.equal(decodeProtectedHeader(await own.token('cb')).kid, keys[0]?.kid)
  assert.equal(await keySet(), sets[0])
})
