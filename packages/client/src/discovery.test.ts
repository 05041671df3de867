import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type CannedAnswer, cannedServer } from '../test/local-server.ts'
import { discover, metadataSource } from './discovery.ts'
import { TokenError } from './errors.ts'
import { tokenSource } from './token-source.ts'

const inserted = '/.well-known/oauth-authorization-server/default/demo'
const appended = '/default/demo/.well-known/openid-configuration'
const found = (url: string, more: Record<string, unknown> = {}): CannedAnswer => ({
  body: { issuer: `${url}/default/demo`, token_endpoint: `${url}/default/demo/oauth2/token`, ...more },
})

/** A server whose answers know its own address. */
async function setUp(context: TestContext, answer: (path: string, url: string) => CannedAnswer) {
  const address = { url: '' }
  const server = await cannedServer(context, (request) => answer(request.url, address.url))
  address.url = server.url
  return { ...server, issuer: `${server.url}/default/demo`, options: { fetch, timeout: 5_000 } }
}

const fails = (code: string) => (error: unknown) => error instanceof TokenError && error.code === code

test('RFC 8414 §3.1: the well-known path is inserted before the path of the issuer', async (context) => {
  const { issuer, requests, options } = await setUp(context, (_, url) => found(url))
  assert.equal((await discover({ issuer, ...options })).token_endpoint, `${issuer}/oauth2/token`)
  assert.deepEqual(
    requests.map(({ url }) => url),
    [inserted],
  )
})

test('RFC 8414 §5: a server that has openid-configuration only is understood', async (context) => {
  const { issuer, requests, options } = await setUp(context, (path, url) =>
    path === appended ? found(url) : { status: 404 },
  )
  assert.equal((await discover({ issuer, ...options })).issuer, issuer)
  assert.deepEqual(
    requests.map(({ url }) => url),
    [inserted, appended],
  )
})

test('SEC-254: metadata of another issuer is refused, were it only for a slash', async (context) => {
  for (const issuer of ['https://other.example', '/', '', undefined]) {
    const server = await setUp(context, (_, url) =>
      found(url, { issuer: issuer === '/' ? `${url}/default/demo/` : issuer }),
    )
    await assert.rejects(discover({ issuer: server.issuer, ...server.options }), fails('invalid_metadata'))
  }
  const server = await setUp(context, (_, url) => found(url))
  await assert.rejects(discover({ issuer: `${server.issuer}/`, ...server.options }), fails('invalid_metadata'))
})

test('SEC-254, SEC-271: an endpoint that is relative, or on plain http elsewhere, is refused', async (context) => {
  for (const name of ['token_endpoint', 'jwks_uri', 'introspection_endpoint']) {
    for (const value of ['/relative', 'http://evil.example/x', 'ftp://127.0.0.1/x', 7, null]) {
      const { issuer, options } = await setUp(context, (_, url) => found(url, { [name]: value }))
      await assert.rejects(discover({ issuer, ...options }), fails('invalid_metadata'), `${name} ${value}`)
    }
  }
})

test('SEC-271: metadata of a server elsewhere cannot send credentials to this machine', async () => {
  const issuer = 'https://as.example'
  const canned = async () => Response.json({ issuer, token_endpoint: 'http://127.0.0.1:9/token' })
  await assert.rejects(discover({ issuer, fetch: canned, timeout: 100 }), fails('invalid_metadata'))
})

test('SEC-254: a redirect of the metadata is not followed', async (context) => {
  const elsewhere = await cannedServer(context, () => ({ body: {} }))
  const { issuer, options } = await setUp(context, () => ({ status: 302, headers: { location: elsewhere.url } }))
  await assert.rejects(discover({ issuer, ...options }), fails('redirect_refused'))
  assert.equal(elsewhere.requests.length, 0)
})

test('no metadata anywhere, or none that is JSON, is an error of its own', async (context) => {
  for (const answer of [{ status: 404 }, { body: 'x' }, { headers: { 'content-type': 'text/html' }, body: '{}' }]) {
    const { issuer, options } = await setUp(context, () => answer)
    await assert.rejects(discover({ issuer, ...options }), fails('invalid_metadata'))
  }
})

test('an issuer with a query, a fragment or plain http elsewhere is refused unasked', async () => {
  for (const issuer of ['https://as.example?x', 'https://as.example#x', 'http://as.example', 'as.example', '']) {
    const never = () => assert.fail('was asked')
    await assert.rejects(discover({ issuer, fetch: never, timeout: 100 }), fails('insecure_url'))
  }
})

test('metadata is fetched once for many, again after an hour, and kept while the server is away', async (context) => {
  const clock = { time: 0 }
  const state = { down: false }
  const { issuer, requests, options } = await setUp(context, (_, url) => (state.down ? { status: 503 } : found(url)))
  const metadata = metadataSource({ issuer, ...options, now: () => clock.time })
  await Promise.all(Array.from({ length: 20 }, () => metadata.get()))
  assert.equal(requests.length, 1)
  state.down = true
  clock.time = 3_600_000
  assert.equal((await metadata.get()).issuer, issuer)
  assert.equal((await metadata.get()).issuer, issuer)
  assert.equal(requests.length, 2)
  state.down = false
  clock.time += 30_000
  await metadata.get()
  assert.equal(requests.length, 3)
})

test('metadata that could not be fetched is asked for again', async (context) => {
  const state = { down: true }
  const { issuer, options } = await setUp(context, (_, url) => (state.down ? { status: 503 } : found(url)))
  const metadata = metadataSource({ issuer, ...options, now: () => 0 })
  await assert.rejects(metadata.get(), fails('unavailable'))
  state.down = false
  assert.equal((await metadata.get()).issuer, issuer)
})

test('a token source finds its endpoint by the issuer', async (context) => {
  const { issuer, requests } = await setUp(context, (path, url) =>
    path === '/default/demo/oauth2/token'
      ? { body: { access_token: 'a', token_type: 'Bearer', expires_in: 60 } }
      : found(url),
  )
  const source = tokenSource({ issuer, clientId: 'a', credential: 'b' })
  const token = await source.token()
  await source.renewToken(token)
  assert.deepEqual(
    requests.map(({ url }) => url),
    [inserted, '/default/demo/oauth2/token', '/default/demo/oauth2/token'],
  )
})

test('metadata without a token endpoint gives no token', async (context) => {
  const { issuer } = await setUp(context, (_, url) => found(url, { token_endpoint: undefined }))
  const source = tokenSource({ issuer, clientId: 'a', credential: 'b' })
  await assert.rejects(source.token(), fails('invalid_metadata'))
})

test('an issuer whose path begins with two slashes is looked for nowhere but at its own origin', async (context) => {
  const elsewhere = await cannedServer(context, () => ({}))
  const server = await setUp(context, () => ({ status: 404 }))
  const issuer = `${server.url}//${new URL(elsewhere.url).host}/x`
  await assert.rejects(discover({ issuer, ...server.options }), fails('invalid_metadata'))
  assert.equal(elsewhere.requests.length, 0)
  assert.equal(server.requests.length, 2)
})
