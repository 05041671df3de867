import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { cannedServer, type SeenRequest } from '../test/local-server.ts'
import { TokenError } from './errors.ts'
import { authorizedFetch } from './fetch.ts'
import { tokenSource } from './token-source.ts'

/** An API that answers by the token it sees, and a fetch authorized for it. */
async function setUp(context: TestContext, status: (authorization: string) => number) {
  const as = await cannedServer(context, (_, count) => ({
    body: { access_token: `t${count}`, token_type: 'Bearer', expires_in: 600 },
  }))
  const api = await cannedServer(context, (request) => ({ status: status(request.headers.authorization ?? '') }))
  const source = tokenSource({ tokenEndpoint: `${as.url}/token`, clientId: 'a', credential: 'b' })
  return { as, api, source, call: authorizedFetch(source) }
}

const tokens = (requests: readonly SeenRequest[]) => requests.map(({ headers }) => headers.authorization)

test('every request carries the token, and its own headers', async (context) => {
  const { api, as, call } = await setUp(context, () => 200)
  await call(`${api.url}/x`, { method: 'POST', headers: { 'X-Mine': '1', Authorization: 'Basic x' }, body: 'hello' })
  await call(new URL(`${api.url}/x#fragment`))
  await call(new Request(`${api.url}/x`, { headers: { 'X-Mine': '2' } }))
  assert.deepEqual(tokens(api.requests), ['Bearer t1', 'Bearer t1', 'Bearer t1'])
  assert.deepEqual(
    api.requests.map(({ headers }) => headers['x-mine']),
    ['1', undefined, '2'],
  )
  assert.equal(api.requests[0]?.body, 'hello')
  assert.equal(as.requests.length, 1)
})

test('a misspelt option is refused: without origins the token would go everywhere', () => {
  const source = tokenSource({ issuer: 'https://as.example', clientId: 'a', credential: 'b' })
  const misspelt = { origin: ['https://api.example'] } as object
  assert.throws(
    () => authorizedFetch(source, misspelt),
    (error) =>
      error instanceof TokenError &&
      error.code === 'invalid_configuration' &&
      /no option "origin"$/.test(error.message),
  )
})

test('SEC-267: a 401 renews the token and repeats the request once', async (context) => {
  const { api, as, call } = await setUp(context, (authorization) => (authorization === 'Bearer t1' ? 401 : 200))
  const response = await call(`${api.url}/x`, { method: 'POST', body: 'again' })
  assert.equal(response.status, 200)
  assert.deepEqual(tokens(api.requests), ['Bearer t1', 'Bearer t2'])
  assert.deepEqual(
    api.requests.map(({ body }) => body),
    ['again', 'again'],
  )
  assert.equal(as.requests.length, 2)
})

test('SEC-267: an API that always answers 401 costs one renewal, and the 401 is the answer', async (context) => {
  const { api, as, call } = await setUp(context, () => 401)
  assert.equal((await call(api.url)).status, 401)
  assert.equal(api.requests.length, 2)
  assert.equal(as.requests.length, 2)
})

test('SEC-267: a 403 never renews', async (context) => {
  const { api, as, call } = await setUp(context, () => 403)
  assert.equal((await call(api.url)).status, 403)
  assert.equal(api.requests.length, 1)
  assert.equal(as.requests.length, 1)
})

test('a request whose body is a stream is not repeated, and the next one has a new token', async (context) => {
  const { api, source, call } = await setUp(context, (authorization) => (authorization === 'Bearer t1' ? 401 : 200))
  const body = new Blob(['x']).stream()
  const response = await call(api.url, { method: 'POST', body, duplex: 'half' } as RequestInit)
  assert.equal(response.status, 401)
  assert.equal(api.requests.length, 1)
  assert.equal((await source.token()).value, 't2')
  assert.equal((await call(new Request(api.url, { method: 'POST', body: 'x' }))).status, 200)
})

test('SEC-271: a token does not leave over plain http', async (context) => {
  const { as, call } = await setUp(context, () => 200)
  await assert.rejects(
    call('http://api.example/x'),
    (error) => error instanceof TokenError && error.code === 'insecure_url',
  )
  assert.equal(as.requests.length, 0)
})

test('SEC-271: where the platform sends tokens after redirects to other origins, no redirect is followed', async (context) => {
  const elsewhere = await cannedServer(context, () => ({}))
  const as = await cannedServer(context, () => ({ body: { access_token: 't1', token_type: 'Bearer' } }))
  const api = await cannedServer(context, () => ({ status: 302, headers: { location: elsewhere.url } }))
  const source = tokenSource({ tokenEndpoint: `${as.url}/token`, clientId: 'a', credential: 'b' })
  const call = authorizedFetch(source)
  const worker = globalThis as { Cloudflare?: object }
  context.after(() => delete worker.Cloudflare)
  for (const compatibilityFlags of [undefined, {}, { strip_authorization_on_cross_origin_redirect: false }]) {
    worker.Cloudflare = { compatibilityFlags }
    assert.equal((await call(api.url)).status, 302)
    assert.equal((await call(new Request(api.url))).status, 302)
    await assert.rejects(call(api.url, { redirect: 'error' }))
  }
  assert.equal(elsewhere.requests.length, 0)
  worker.Cloudflare = { compatibilityFlags: { strip_authorization_on_cross_origin_redirect: true } }
  assert.equal((await call(api.url)).status, 200)
  assert.equal(elsewhere.requests[0]?.headers.authorization, undefined)
})

test('SEC-271: a URL that is changed while the token is on its way leads nowhere else', async (context) => {
  const { api, source } = await setUp(context, () => 200)
  const elsewhere = await cannedServer(context, () => ({}))
  const call = authorizedFetch(source, { origins: [api.url] })
  const url = new URL(`${api.url}/x`)
  const answer = call(url)
  url.href = elsewhere.url
  assert.equal((await answer).status, 200)
  assert.deepEqual(tokens(api.requests), ['Bearer t1'])
  assert.equal(elsewhere.requests.length, 0)
})
