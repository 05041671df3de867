import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { parseForm } from '@mintmark/protocol'
import { type CannedAnswer, cannedServer, type SeenRequest } from '../../test/local-server.ts'
import { TokenError } from '../errors.ts'
import { type DiscoverableApi, type DiscoveringFetchOptions, discoveringFetch } from './discovering-fetch.ts'

const wellKnown = '/.well-known/oauth-protected-resource'
const fails = (code: string) => (error: unknown) => error instanceof TokenError && error.code === code

/** An authorization server that grants what it is asked for, its tokens numbered. */
async function authorizationServer(context: TestContext, token: (scope: string, count: number) => CannedAnswer) {
  const address = { url: '' }
  const granted: SeenRequest[] = []
  const server = await cannedServer(context, (request) => {
    if (request.url !== '/token') return { body: { issuer: address.url, token_endpoint: `${address.url}/token` } }
    granted.push(request)
    return token(parseForm(request.body).get('scope') ?? '', granted.length)
  })
  address.url = server.url
  return { ...server, granted, asked: () => granted.map(({ body }) => Object.fromEntries(new URLSearchParams(body))) }
}

const issue = (_: string, count: number): CannedAnswer => ({
  body: { access_token: `t${count}`, token_type: 'Bearer', expires_in: 600 },
})

interface Scene {
  readonly challenge?: (api: string) => string | undefined
  readonly metadata?: (api: string, issuer: string) => CannedAnswer | Promise<CannedAnswer>
  readonly answer?: (request: SeenRequest) => CannedAnswer | undefined
  readonly token?: (scope: string, count: number) => CannedAnswer
  readonly api?: (api: string) => Partial<DiscoverableApi>
  readonly options?: Partial<DiscoveringFetchOptions>
}

const goodChallenge = (api: string) => `Bearer realm="x", scope="read", resource_metadata="${api}${wellKnown}"`

/** An API that leads to its issuer, and a fetch that may go there. */
async function setUp(context: TestContext, scene: Scene = {}) {
  const { challenge = goodChallenge, token = issue } = scene
  const as = await authorizationServer(context, token)
  const address = { url: '' }
  const good = (api: string, issuer: string): CannedAnswer => ({
    body: { resource: api, authorization_servers: [issuer] },
  })
  const api = await cannedServer(context, (request) => {
    if (request.url.startsWith(wellKnown)) return (scene.metadata ?? good)(address.url, as.url)
    const answer = scene.answer?.(request)
    if (answer !== undefined) return answer
    if (request.headers.authorization !== undefined) return { body: 'said' }
    const header = challenge(address.url)
    return { status: 401, body: 'who are you', headers: header === undefined ? {} : { 'www-authenticate': header } }
  })
  address.url = api.url
  const seen = { fetches: 0 }
  const call = discoveringFetch({
    issuers: [{ issuer: as.url, clientId: 'a', credential: 's3cret', attempts: 1 }],
    apis: [{ origin: api.url, scopes: ['read', 'write'], ...scene.api?.(api.url) }],
    fetch: (input, init) => {
      seen.fetches += 1
      return fetch(input, init)
    },
    timeout: 1_000,
    ...scene.options,
  })
  const paths = () => api.requests.map(({ url, headers }) => `${url} ${headers.authorization ?? '-'}`)
  return { as, api, call, paths, seen }
}

test('RFC 9728 §5: a 401 leads to the issuer and the resource, and the request is repeated with a token', async (context) => {
  const { as, api, call, paths } = await setUp(context)
  const headers = { authorization: 'Basic mine', 'x-mine': '1' }
  const response = await call(`${api.url}/x`, { method: 'POST', body: 'hello', headers })
  assert.equal(await response.text(), 'said')
  assert.deepEqual(paths(), ['/x -', `${wellKnown} -`, '/x Bearer t1'])
  assert.deepEqual([api.requests[2]?.body, api.requests[2]?.headers['x-mine']], ['hello', '1'])
  assert.deepEqual(as.asked(), [{ grant_type: 'client_credentials', scope: 'read', resource: api.url }])
  await call(`${api.url}/y`)
  assert.equal(paths().at(-1), '/y Bearer t1')
  assert.equal(api.requests.length, 4)
})

test('a challenge without a scope asks for those that the caller allows', async (context) => {
  const challenge = (api: string) => `Basic realm="y", Bearer resource_metadata="${api}${wellKnown}"`
  const { as, api, call } = await setUp(context, { challenge })
  assert.equal((await call(api.url)).status, 200)
  assert.equal(as.asked()[0]?.scope, 'read write')
  const none = await setUp(context, { challenge, api: () => ({ scopes: [] }) })
  assert.equal((await none.call(none.api.url)).status, 200)
  assert.equal('scope' in (none.as.asked()[0] ?? {}), false)
})

test('any number of requests at a cold start learn it once', async (context) => {
  const { as, api, call, paths } = await setUp(context)
  const answers = await Promise.all(Array.from({ length: 20 }, () => call(api.url)))
  assert.ok(answers.every(({ status }) => status === 200))
  assert.equal(paths().filter((path) => path.startsWith(wellKnown)).length, 1)
  assert.equal(as.granted.length, 1)
})

test('a 401 that leads nowhere is the answer', async (context) => {
  for (const header of [undefined, 'Basic realm="x"', 'Bearer', 'Bearer realm="x", scope="read"', 'Negotiate']) {
    const { as, api, call } = await setUp(context, { challenge: () => header })
    const response = await call(api.url)
    assert.equal(response.status, 401)
    assert.equal(await response.text(), 'who are you')
    assert.equal(api.requests.length, 1)
    assert.equal(as.requests.length, 0)
  }
})

test('SEC-271: a challenge that could be read in two ways is not followed', async (context) => {
  const good = (api: string) => `resource_metadata="${api}${wellKnown}"`
  const hostile: ((api: string) => string)[] = [
    (api) => `Bearer ${good(api)}, resource_metadata="https://evil.example"`,
    (api) => `Bearer ${good(api)}, RESOURCE_METADATA="https://evil.example"`,
    (api) => `Bearer ${good(api)}, Bearer resource_metadata="https://evil.example"`,
    (api) => `Bearer ${good(api)}, bearer`,
    (api) => `Bearer ${good(api)} scope="read"`,
    (api) => `Bearer ${good(api)}, scope="read", scope="write"`,
    (api) => `Bearer ${good(api)}, scope="a\\"b"`,
    (api) => `Bearer ${good(api).slice(0, -1)}`,
  ]
  for (const challenge of hostile) {
    const { as, api, call } = await setUp(context, { challenge })
    await assert.rejects(call(api.url), fails('discovery_refused'))
    assert.equal(api.requests.length, 1)
    assert.equal(as.requests.length, 0)
  }
})

test('SEC-197: metadata is fetched from the API itself and from nowhere else', async (context) => {
  const elsewhere = await cannedServer(context, () => ({ body: {} }))
  const port = new URL(elsewhere.url).port
  const hostile: [string, string][] = [
    [`${elsewhere.url}${wellKnown}`, 'discovery_refused'],
    [`http://localhost:${port}${wellKnown}`, 'discovery_refused'],
    [`http://[::1]:${port}/`, 'discovery_refused'],
    ['https://169.254.169.254/latest/meta-data', 'discovery_refused'],
    ['http://169.254.169.254/latest/meta-data', 'insecure_url'],
    ['http://2852039166/', 'insecure_url'],
    ['https://evil.example/', 'discovery_refused'],
    ['file:///etc/passwd', 'insecure_url'],
    ['data:application/json,{}', 'insecure_url'],
    [wellKnown, 'insecure_url'],
    ['//evil.example/x', 'insecure_url'],
    ['', 'insecure_url'],
  ]
  for (const [url, code] of hostile) {
    const { as, api, call, seen } = await setUp(context, { challenge: () => `Bearer resource_metadata="${url}"` })
    await assert.rejects(call(api.url), fails(code), url)
    assert.equal(seen.fetches, 1, url)
    assert.equal(as.requests.length, 0)
  }
  const { call, api } = await setUp(context, {
    challenge: (api) => `Bearer resource_metadata="${api.replace('//', '//user:pass@')}${wellKnown}"`,
  })
  await assert.rejects(call(api.url), fails('insecure_url'))
  assert.equal(elsewhere.requests.length, 0)
})

test('SEC-254: a redirect of the metadata is not followed', async (context) => {
  const elsewhere = await cannedServer(context, () => ({ body: {} }))
  for (const location of [`${elsewhere.url}/x`, '/x', 'http://169.254.169.254/']) {
    const { as, api, call } = await setUp(context, { metadata: () => ({ status: 302, headers: { location } }) })
    await assert.rejects(call(api.url), fails('redirect_refused'))
    assert.equal(as.requests.length, 0)
    assert.equal(api.requests.length, 2)
  }
  assert.equal(elsewhere.requests.length, 0)
})

test('RFC 9728 §3.3: metadata that is another resource is refused', async (context) => {
  const resources: ((api: string) => unknown)[] = [
    () => 'https://weather.example',
    (api) => `${api}/v1`,
    (api) => api.replace('127.0.0.1', 'localhost'),
    (api) => `${api}/?x=1`,
    (api) => `${api}/#x`,
    (api) => [api],
    () => undefined,
    () => '',
    () => 'urn:weather',
  ]
  for (const resource of resources) {
    const { as, api, call } = await setUp(context, {
      metadata: (api, issuer) => ({ body: { resource: resource(api), authorization_servers: [issuer] } }),
    })
    await assert.rejects(call(api.url), (error) => fails('discovery_refused')(error) || fails('insecure_url')(error))
    assert.equal(as.requests.length, 0)
    assert.equal(api.requests.length, 2)
  }
})

test('RFC 9728 §3.1: a part of an API is a resource of its own, and its token does not go to its neighbours', async (context) => {
  const { as, api, call, paths } = await setUp(context, {
    challenge: (api) => `Bearer resource_metadata="${api}${wellKnown}/v1"`,
    metadata: (api, issuer) => ({ body: { resource: `${api}/v1`, authorization_servers: [issuer] } }),
  })
  assert.equal((await call(`${api.url}/v1/x?y`)).status, 200)
  assert.equal(as.asked()[0]?.resource, `${api.url}/v1`)
  for (const path of ['/v10', '/', '/v1/../v2']) {
    await assert.rejects(call(`${api.url}${path}`), fails('discovery_refused'))
  }
  assert.ok(paths().every((path) => path.startsWith('/v1') || path.endsWith(' -')))
  assert.equal((await call(`${api.url}/v1`)).status, 200)
})

test('an identifier that is not a URL of the API is taken when the caller says so, and no other then', async (context) => {
  const metadata = (resource: string) => (_: string, issuer: string) => ({
    body: { resource, authorization_servers: [issuer] },
  })
  const resource = 'https://weather.example'
  const { as, api, call } = await setUp(context, { metadata: metadata(resource), api: () => ({ resource }) })
  assert.equal((await call(api.url)).status, 200)
  assert.equal(as.asked()[0]?.resource, resource)
  const byUrl = await setUp(context, { api: () => ({ resource }) })
  assert.equal((await byUrl.call(byUrl.api.url)).status, 200)
  assert.equal(byUrl.as.asked()[0]?.resource, resource)
  const other = await setUp(context, { metadata: metadata(`${resource}/`), api: () => ({ resource }) })
  await assert.rejects(other.call(other.api.url), fails('discovery_refused'))
  assert.equal(other.as.requests.length, 0)
})

test('SEC-254: an issuer that is not listed is sent nothing', async (context) => {
  const evil = await cannedServer(context, () => ({ body: {} }))
  const lists: ((issuer: string) => unknown)[] = [
    () => [evil.url],
    (issuer) => [`${issuer}/`],
    (issuer) => [issuer.replace('127.0.0.1', 'localhost')],
    (issuer) => issuer,
    (issuer) => [evil.url, { issuer }],
    () => [],
    () => undefined,
    () => ['__proto__', 'constructor'],
  ]
  for (const list of lists) {
    const { as, api, call } = await setUp(context, {
      metadata: (api, issuer) => ({ body: { resource: api, authorization_servers: list(issuer) } }),
    })
    await assert.rejects(call(api.url), fails('discovery_refused'))
    assert.equal(as.requests.length, 0)
  }
  assert.equal(evil.requests.length, 0)
})

test('SEC-254: an issuer whose own metadata is another one gets no credential (mix-up)', async (context) => {
  const honest = await authorizationServer(context, issue)
  const mixing = await cannedServer(context, () => ({
    body: { issuer: honest.url, token_endpoint: `${honest.url}/token` },
  }))
  const { api, call } = await setUp(context, {
    metadata: (api) => ({ body: { resource: api, authorization_servers: [mixing.url] } }),
    options: { issuers: [{ issuer: mixing.url, clientId: 'a', credential: 's3cret' }] },
  })
  await assert.rejects(call(api.url), fails('invalid_metadata'))
  assert.equal(honest.granted.length, 0)
  assert.ok(mixing.requests.every(({ headers }) => headers.authorization === undefined))
})

test('of several issuers the first of the caller is taken, and an API can be kept to its own', async (context) => {
  const [one, two] = [await authorizationServer(context, issue), await authorizationServer(context, issue)]
  const issuers = [one, two].map(({ url }) => ({ issuer: url, clientId: 'a', credential: 's3cret' }))
  const metadata = (api: string) => ({ body: { resource: api, authorization_servers: [two.url, one.url] } })
  const both = await setUp(context, { metadata, options: { issuers } })
  assert.equal((await both.call(both.api.url)).status, 200)
  assert.deepEqual([one.granted.length, two.granted.length], [1, 0])
  const kept = await setUp(context, { metadata, options: { issuers }, api: () => ({ issuers: [two.url] }) })
  assert.equal((await kept.call(kept.api.url)).status, 200)
  assert.deepEqual([one.granted.length, two.granted.length], [1, 1])
  const hostile = await setUp(context, {
    metadata: (api) => ({ body: { resource: api, authorization_servers: [one.url] } }),
    options: { issuers },
    api: () => ({ issuers: [two.url] }),
  })
  await assert.rejects(hostile.call(hostile.api.url), fails('discovery_refused'))
})

test('an API cannot make the client ask for scopes beyond its list', async (context) => {
  for (const scope of ['admin', 'read admin', 'READ']) {
    const { as, api, call } = await setUp(context, {
      challenge: (api) => `Bearer scope="${scope}", resource_metadata="${api}${wellKnown}"`,
    })
    await assert.rejects(call(api.url), fails('discovery_refused'))
    assert.equal(as.requests.length, 0)
    assert.equal(api.requests.length, 1)
  }
})

test('SEC-267: an API that always refuses costs two requests, one look at its metadata and one token', async (context) => {
  const { as, api, call, paths } = await setUp(context, {
    answer: () => ({ status: 401, headers: { 'www-authenticate': goodChallenge(api.url) } }),
  })
  assert.equal((await call(api.url)).status, 401)
  assert.deepEqual(paths(), ['/ -', `${wellKnown} -`, '/ Bearer t1'])
  assert.equal(as.granted.length, 1)
  for (let count = 0; count < 10; count += 1) assert.equal((await call(api.url)).status, 401)
  assert.equal(paths().filter((path) => path.startsWith(wellKnown)).length, 1)
  assert.ok(api.requests.length <= 3 + 20)
  assert.ok(as.granted.length <= 11)
})

test('metadata that is too large, too slow, or none at all is refused', async (context) => {
  const answers: [string, CannedAnswer | Promise<CannedAnswer>][] = [
    ['invalid_response', { body: { padding: 'x'.repeat(70_000) } }],
    ['timeout', new Promise(() => undefined)],
    ['discovery_refused', { status: 404 }],
    ['discovery_refused', { status: 500 }],
    ['discovery_refused', { body: 'text' }],
    ['discovery_refused', { body: '[]' }],
    ['discovery_refused', { headers: { 'content-type': 'text/html' }, body: '{}' }],
  ]
  for (const [code, answer] of answers) {
    const { as, api, call } = await setUp(context, { metadata: () => answer, options: { timeout: 100 } })
    await assert.rejects(call(api.url), fails(code))
    assert.equal(as.requests.length, 0)
  }
  const inTheBody = await setUp(context, {
    metadata: (api, issuer) => ({
      body: { resource: api, authorization_servers: [issuer], bearer_methods_supported: ['body'] },
    }),
  })
  await assert.rejects(inTheBody.call(inTheBody.api.url), fails('discovery_refused'))
})

test('SEC-271: the challenge of another origin, where a redirect led, is not followed', async (context) => {
  const address = { api: '' }
  // It says what the API itself would say, so that nothing but where it comes from speaks against it.
  const evil = await cannedServer(context, () => ({
    status: 401,
    headers: { 'www-authenticate': goodChallenge(address.api) },
  }))
  const { as, api, call } = await setUp(context, {
    answer: ({ url }) => (url === '/away' ? { status: 302, headers: { location: evil.url } } : undefined),
  })
  address.api = api.url
  assert.equal((await call(`${api.url}/away`)).status, 401)
  assert.equal(as.granted.length, 0)
  assert.equal((await call(api.url)).status, 200)
  assert.equal((await call(`${api.url}/away`)).status, 401)
  assert.equal(as.granted.length, 1)
  assert.deepEqual(
    evil.requests.map(({ headers }) => headers.authorization),
    [undefined, undefined],
  )
})

test('SEC-271: an origin that is not listed is sent no token, and not believed', async (context) => {
  const { as, api, call } = await setUp(context)
  const elsewhere = await cannedServer(context, () => ({
    status: 401,
    headers: { 'www-authenticate': goodChallenge(api.url) },
  }))
  await call(api.url)
  const response = await call(elsewhere.url, { headers: { authorization: 'Basic mine' } })
  assert.equal(response.status, 401)
  assert.deepEqual(
    elsewhere.requests.map(({ headers }) => headers.authorization),
    ['Basic mine'],
  )
  assert.equal(as.granted.length, 1)
})

const forbidden = (scope: string): CannedAnswer => ({
  status: 403,
  body: 'not that',
  headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
})

test('RFC 6750 §3.1: a 403 that names a missing scope gets a token with it, once for every scope', async (context) => {
  const token = (scope: string): CannedAnswer => ({
    body: { access_token: `${scope.replaceAll(' ', '.')}`, token_type: 'Bearer', expires_in: 600 },
  })
  const { as, api, call, paths } = await setUp(context, {
    token,
    answer: ({ method, headers }) =>
      method === 'POST' && headers.authorization === 'Bearer read' ? forbidden('write') : undefined,
  })
  await call(api.url)
  assert.equal(await (await call(api.url, { method: 'POST', body: 'x' })).text(), 'said')
  assert.deepEqual(paths().slice(-2), ['/ Bearer read', '/ Bearer read.write'])
  await call(api.url)
  assert.equal(paths().at(-1), '/ Bearer read.write')
  assert.equal(as.granted.length, 2)
})

test('SEC-267: a 403 that names no scope, an old one, or one that is not allowed is the answer', async (context) => {
  for (const answer of [{ status: 403, body: 'not that' }, forbidden('read'), forbidden('admin'), forbidden('"')]) {
    const { as, api, call } = await setUp(context, {
      answer: ({ headers }) => (headers.authorization === undefined ? undefined : answer),
    })
    await call(api.url)
    const before = api.requests.length
    assert.equal(await (await call(api.url)).text(), 'not that')
    assert.equal(api.requests.length, before + 1)
    assert.equal(as.granted.length, 1)
  }
})

test('a scope that the issuer does not grant leaves the 403, and is not asked for at every request', async (context) => {
  const { as, api, call } = await setUp(context, {
    token: (scope, count) =>
      scope === 'read' ? issue(scope, count) : { status: 400, body: { error: 'invalid_scope' } },
    answer: ({ method, headers }) =>
      method === 'POST' && headers.authorization !== undefined ? forbidden('write') : undefined,
  })
  await call(api.url)
  for (let count = 0; count < 5; count += 1) assert.equal((await call(api.url, { method: 'POST' })).status, 403)
  assert.equal(as.granted.length, 2)
  assert.equal((await call(api.url)).status, 200)
})

test('an API that has moved to another issuer is followed after a minute, and not before', async (context) => {
  const clock = { time: 0 }
  const [one, two] = [await authorizationServer(context, issue), await authorizationServer(context, issue)]
  const current = { issuer: one.url, good: 'Bearer t1' }
  const { api, call, paths } = await setUp(context, {
    metadata: (api) => ({ body: { resource: api, authorization_servers: [current.issuer] } }),
    answer: ({ headers }) =>
      headers.authorization === current.good
        ? { body: 'said' }
        : { status: 401, headers: { 'www-authenticate': goodChallenge(api.url) } },
    options: {
      now: () => clock.time,
      issuers: [one, two].map(({ url }) => ({ issuer: url, clientId: 'a', credential: 's3cret', now: () => 0 })),
    },
  })
  assert.equal((await call(api.url)).status, 200)
  current.issuer = two.url
  current.good = 'Bearer t1-of-two'
  assert.equal((await call(api.url)).status, 401)
  assert.equal(two.granted.length, 0)
  clock.time = 60_000
  current.good = 'Bearer t1'
  assert.equal((await call(api.url)).status, 200)
  assert.equal(two.granted.length, 1)
  assert.equal(paths().filter((path) => path.startsWith(wellKnown)).length, 2)
})

test('a body that is a stream is not sent twice, and the next request has a token', async (context) => {
  const { api, call, paths, as } = await setUp(context)
  const body = new Blob(['once']).stream()
  const refused = await call(api.url, { method: 'POST', body, duplex: 'half' } as RequestInit)
  assert.equal(refused.status, 401)
  assert.equal(api.requests.filter(({ url }) => url === '/').length, 1)
  assert.equal((await call(api.url)).status, 200)
  assert.equal(paths().filter((path) => path.startsWith(wellKnown)).length, 1)
  assert.equal(as.granted.length, 1)
})

test('who gives up while the metadata is fetched is not kept waiting', async (context) => {
  const asked = Promise.withResolvers<void>()
  const { as, api, call } = await setUp(context, {
    metadata: () => {
      asked.resolve()
      return new Promise(() => undefined)
    },
  })
  const controller = new AbortController()
  const called = call(api.url, { signal: controller.signal })
  await asked.promise
  controller.abort()
  await assert.rejects(called, (error) => error === controller.signal.reason)
  assert.equal(as.requests.length, 0)
})

test('an issuer that refuses is the error, and the next request begins anew', async (context) => {
  const { api, call, paths } = await setUp(context, {
    token: (scope, count) => (count === 1 ? { status: 400, body: { error: 'invalid_target' } } : issue(scope, count)),
  })
  await assert.rejects(call(api.url), fails('refused'))
  assert.equal((await call(api.url)).status, 200)
  assert.deepEqual(paths(), ['/ -', `${wellKnown} -`, '/ -', `${wellKnown} -`, '/ Bearer t2'])
})

test('options that make no sense are refused at once', () => {
  const issuer = { issuer: 'https://as.example', clientId: 'a', credential: 'b' }
  const api = { origin: 'https://api.example', scopes: ['read'] }
  const bad: [string, Partial<DiscoveringFetchOptions>][] = [
    ['invalid_configuration', { issuers: [] }],
    ['invalid_configuration', { apis: [] }],
    ['invalid_configuration', { issuers: [issuer, issuer] }],
    ['invalid_configuration', { apis: [api, { ...api, origin: 'https://API.example:443' }] }],
    ['invalid_configuration', { apis: [{ ...api, origin: 'https://api.example/v1' }] }],
    ['invalid_configuration', { apis: [{ ...api, scopes: ['a"b'] }] }],
    ['invalid_configuration', { apis: [{ ...api, issuers: ['https://other.example'] }] }],
    ['invalid_configuration', { apis: [{ ...api, issuers: [] }] }],
    ['insecure_url', { apis: [{ ...api, origin: 'http://api.example' }] }],
    ['insecure_url', { issuers: [{ ...issuer, issuer: 'http://as.example' }] }],
  ]
  for (const [code, options] of bad) {
    assert.throws(() => discoveringFetch({ issuers: [issuer], apis: [api], ...options }), fails(code))
  }
})

test('SEC-271: a URL that is changed while its request is on its way leads nowhere else', async (context) => {
  const { api, call, paths } = await setUp(context)
  const elsewhere = await cannedServer(context, () => ({}))
  const url = new URL(`${api.url}/x`)
  const answer = call(url)
  url.href = elsewhere.url
  assert.equal((await answer).status, 200)
  assert.equal(paths().at(-1), '/x Bearer t1')
  assert.equal(elsewhere.requests.length, 0)
})
