import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import * as undici from 'undici'
import * as undici7 from 'undici-7'
import { type CannedAnswer, cannedServer } from '../../test/local-server.ts'
import { TokenError } from '../errors.ts'
import { tokenSource } from '../token-source.ts'
import { authorizedDispatch } from './undici.ts'

async function setUp(context: TestContext, answer: (count: number) => CannedAnswer = () => ({ body: 'said' })) {
  const as = await cannedServer(context, (_, count) => ({
    body: { access_token: `t${count}`, token_type: 'Bearer' },
  }))
  const api = await cannedServer(context, (_, count) => answer(count))
  const source = tokenSource({ tokenEndpoint: `${as.url}/token`, clientId: 'a', credential: 'b' })
  return { as, api, interceptor: authorizedDispatch(source, { origins: [api.url] }) }
}

test('headers come in every form that undici takes, and Authorization once', async (context) => {
  const { api, interceptor } = await setUp(context)
  const dispatcher = new undici.Agent().compose(interceptor)
  context.after(() => dispatcher.close())
  const forms: NonNullable<undici.Dispatcher.DispatchOptions['headers']>[] = [
    { 'X-A': '1', 'x-b': ['2', '3'], authorization: 'Basic x' },
    ['X-A', '1', 'Authorization', 'Basic x', 'x-b', '2', 'x-b', '3'],
    new Map<string, string | string[]>([
      ['X-A', '1'],
      ['x-b', ['2', '3']],
    ]),
    [...Object.entries({ 'x-a': '1', 'x-b': '2, 3' })] as never,
  ]
  for (const headers of forms) await (await undici.request(api.url, { dispatcher, headers })).body.dump()
  for (const { headers } of api.requests) {
    assert.deepEqual([headers['x-a'], headers['x-b'], headers.authorization], ['1', '2, 3', 'Bearer t1'])
  }
  await (await undici.request(api.url, { dispatcher })).body.dump()
  assert.equal(api.requests.at(-1)?.headers.authorization, 'Bearer t1')
})

test('a Client that is bound to the API works as an Agent does', async (context) => {
  const { api, interceptor } = await setUp(context, (count) => (count === 1 ? { status: 401 } : { body: 'said' }))
  const client = new undici.Client(api.url)
  context.after(() => client.close())
  const { statusCode, body } = await client.compose(interceptor).request({ path: '/x', method: 'GET' })
  assert.equal(statusCode, 200)
  assert.equal(await body.text(), 'said')
  assert.deepEqual(
    api.requests.map(({ headers }) => headers.authorization),
    ['Bearer t1', 'Bearer t2'],
  )
})

test('a request that does not say where it goes is refused: undici 7 with a Client', async (context) => {
  const { api, as, interceptor } = await setUp(context)
  const client = new undici7.Client(api.url)
  context.after(() => client.close())
  const called = client.compose(interceptor as never).request({ path: '/x', method: 'GET' })
  await assert.rejects(called, (error) => error instanceof TokenError && error.code === 'invalid_configuration')
  assert.equal(as.requests.length + api.requests.length, 0)
  const { body } = await client.compose(interceptor as never).request({ origin: api.url, path: '/x', method: 'GET' })
  assert.equal(await body.text(), 'said')
})

test("undici's fetch sends the token, and is not repeated when it has a body", async (context) => {
  const { api, interceptor } = await setUp(context, (count) => (count === 1 ? { status: 401 } : { body: 'said' }))
  const dispatcher = new undici.Agent().compose(interceptor)
  context.after(() => dispatcher.close())
  assert.equal((await undici.fetch(api.url, { dispatcher, method: 'POST', body: 'x' })).status, 401)
  assert.equal(await (await undici.fetch(api.url, { dispatcher })).text(), 'said')
})

test('SEC-271: an origin that is changed while the token is on its way leads nowhere else', async (context) => {
  const { api, interceptor } = await setUp(context)
  const elsewhere = await cannedServer(context, () => ({}))
  const dispatcher = new undici.Agent().compose(interceptor)
  context.after(() => dispatcher.close())
  const origin = new URL(api.url)
  const answer = dispatcher.request({ origin, path: '/x', method: 'GET' })
  origin.href = elsewhere.url
  assert.equal(await (await answer).body.text(), 'said')
  assert.equal(api.requests[0]?.headers.authorization, 'Bearer t1')
  assert.equal(elsewhere.requests.length, 0)
})
