import assert from 'node:assert/strict'
import type { LookupFunction } from 'node:net'
import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { type TestContext, test } from 'node:test'
import { inspect } from 'node:util'
import axios, { type AxiosRequestConfig, isAxiosError } from 'axios'
import { type CannedAnswer, cannedServer } from '../../test/local-server.ts'
import { tokenSource } from '../token-source.ts'
import { authorizeAxios } from './axios.ts'

async function setUp(context: TestContext, answer: CannedAnswer, more: AxiosRequestConfig = {}) {
  const as = await cannedServer(context, () => ({ body: { access_token: 'c4naryT0ken', token_type: 'Bearer' } }))
  const api = await cannedServer(context, () => answer)
  const source = tokenSource({ tokenEndpoint: `${as.url}/token`, clientId: 'a', credential: 'b' })
  const origins = [api.url, api.url.replace('127.0.0.1', 'localhost')]
  const instance = authorizeAxios(axios.create({ baseURL: api.url, ...more }), source, { origins })
  return { as, api, instance }
}

const lookup: LookupFunction = (_, options, callback) =>
  options.all === true ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4)

test('SEC-271: a redirect to a subdomain is one to another origin', async (context) => {
  const elsewhere = await cannedServer(context, () => ({ body: 'there' }))
  const port = new URL(elsewhere.url).port
  // Only the name differs: a proxy of the API forwards to itself under a name below its own.
  const { api, instance } = await setUp(context, {
    status: 302,
    headers: { location: `http://evil.localhost:${port}/` },
  })
  const url = api.url.replace('127.0.0.1', 'localhost')
  const { data } = await instance.get(url, { lookup: lookup as never })
  assert.equal(data, 'there')
  assert.equal(api.requests[0]?.headers.authorization, 'Bearer c4naryT0ken')
  assert.equal(elsewhere.requests[0]?.headers.authorization, undefined)
})

test('SEC-271: an absolute URL that overrides the base URL is sent no token', async (context) => {
  const elsewhere = await cannedServer(context, () => ({ body: 'there' }))
  const { as, instance } = await setUp(context, {})
  await instance.get(`${elsewhere.url}/x`)
  await instance.get('/x', { baseURL: elsewhere.url })
  assert.ok(elsewhere.requests.every(({ headers }) => headers.authorization === undefined))
  assert.equal(elsewhere.requests.length, 2)
  assert.equal(as.requests.length, 0)
})

test('SEC-275: neither an error of axios nor an answer shows the token', async (context) => {
  for (const adapter of ['http', 'fetch'] as const) {
    for (const status of [200, 401, 403, 500]) {
      const { api, instance } = await setUp(context, { status, body: { a: 1 } }, { adapter })
      const outcome: unknown = await instance.get('/x').catch((error) => error)
      assert.equal(isAxiosError(outcome), status !== 200)
      const config = (outcome as { config?: { headers: object } }).config
      for (const text of [inspect(outcome, { depth: 10 }), inspect(config), JSON.stringify(config), String(outcome)]) {
        assert.doesNotMatch(text, /c4naryT0ken/)
      }
      if (isAxiosError(outcome)) {
        assert.equal(outcome.response?.status, status)
        assert.doesNotMatch(JSON.stringify(outcome), /c4naryT0ken/)
      }
      assert.equal(api.requests[0]?.headers.authorization, 'Bearer c4naryT0ken')
    }
  }
})

test('interceptors run as ever, and cannot be gone around by the URL they make', async (context) => {
  const { api, instance } = await setUp(context, { body: { a: 1 } })
  const elsewhere = await cannedServer(context, () => ({}))
  const interceptor = instance.interceptors.request.use((config) => ({ ...config, url: `${elsewhere.url}/y` }))
  await instance.get('/x')
  assert.equal(elsewhere.requests[0]?.headers.authorization, undefined)
  instance.interceptors.request.eject(interceptor)
  assert.deepEqual((await instance.post('/x', { b: 2 }, { auth: { username: 'a', password: 'b' } })).data, { a: 1 })
  assert.equal(api.requests[0]?.headers.authorization, 'Bearer c4naryT0ken')
  assert.equal(api.requests[0]?.body, '{"b":2}')
})

test('who follows redirects by a function of their own still does', async (context) => {
  const { api, instance } = await setUp(context, {})
  const seen: unknown[] = []
  const other = await cannedServer(context, () => ({ status: 302, headers: { location: `${api.url}/z` } }))
  const beforeRedirect = (options: Record<string, unknown>) => seen.push(options.path)
  await instance.get(`${other.url}/x`, { beforeRedirect })
  assert.deepEqual(seen, ['/z'])
})

test('SEC-275: an answer that is a stream does not show the token', async (context) => {
  for (const decompress of [false, true]) {
    const { api, instance } = await setUp(context, { body: 'said' }, { decompress })
    const { data, ...answer } = await instance.get<Readable>('/x', { responseType: 'stream' })
    for (const value of [data, answer]) assert.doesNotMatch(inspect(value, { depth: 10 }), /c4naryT0ken/)
    assert.match(api.requests[0]?.headers.authorization ?? '', /c4naryT0ken/)
    data.resume()
    await finished(data)
  }
})

test('SEC-271: what an interceptor takes away is not put back when it is decided who is sent the token', async (context) => {
  const { api, instance } = await setUp(context, {}, { allowAbsoluteUrls: false })
  const elsewhere = await cannedServer(context, () => ({}))
  instance.interceptors.request.use(({ allowAbsoluteUrls: _, ...config }) => config)
  await instance.get(`${elsewhere.url}/x`)
  assert.equal(elsewhere.requests[0]?.headers.authorization, undefined)
  assert.equal(api.requests.length, 0)
})

test('SEC-271: a token for this machine goes through no proxy of the environment', async (context) => {
  const proxy = await cannedServer(context, () => ({ status: 502 }))
  const { api, instance } = await setUp(context, { body: 'here' })
  const before = process.env.http_proxy
  process.env.http_proxy = proxy.url
  context.after(() => {
    if (before === undefined) delete process.env.http_proxy
    else process.env.http_proxy = before
  })
  assert.equal((await instance.get('/x')).data, 'here')
  assert.equal(api.requests[0]?.headers.authorization, 'Bearer c4naryT0ken')
  assert.equal(proxy.requests.length, 0)
})

test('what an API says is left as it is, whatever its names', async (context) => {
  const said = { client: 'a', request: { req: 1 }, socket: null, pipe: 'b' }
  const { instance } = await setUp(context, { body: said })
  const { data } = await instance.get('/x')
  assert.deepEqual(data, said)
  assert.deepEqual(Object.keys(data), Object.keys(said))
})
