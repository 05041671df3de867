import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { inspect } from 'node:util'
import { TokenError } from '../src/errors.ts'
import { tokenSource } from '../src/token-source.ts'
import { authorizedCallers } from './authorized-callers.ts'
import { type CannedAnswer, cannedServer, listen, type SeenRequest } from './local-server.ts'

const tokens = (requests: readonly SeenRequest[]) => requests.map(({ headers }) => headers.authorization)
const issue = (count: number): CannedAnswer => ({
  body: { access_token: `t${count}`, token_type: 'Bearer', expires_in: 600 },
})

/** The TokenError of a failure: itself, or what the HTTP client gives as its cause. */
const tokenError = (error: unknown): TokenError | undefined =>
  error instanceof TokenError ? error : error instanceof Error ? tokenError(error.cause) : undefined

for (const { name, make, redirectsUnseen = false } of authorizedCallers) {
  /** An API that answers by the token it sees, and somebody who calls it. */
  const setUp = async (
    context: TestContext,
    answer: (authorization: string, request: SeenRequest) => CannedAnswer,
    token: (count: number) => CannedAnswer | Promise<CannedAnswer> = issue,
  ) => {
    const as = await cannedServer(context, (_, count) => token(count))
    const api = await cannedServer(context, (request) => answer(request.headers.authorization ?? '', request))
    const source = tokenSource({ tokenEndpoint: `${as.url}/token`, clientId: 'a', credential: 'b', attempts: 1 })
    return { as, api, source, call: make(source, [api.url]) }
  }
  const unlessFirst = (authorization: string) => ({ status: authorization === 'Bearer t1' ? 401 : 200, body: 'said' })

  test(`${name}: every request carries the token, in place of the caller's own Authorization`, async (context) => {
    const { as, api, call } = await setUp(context, () => ({ body: 'weather' }))
    const headers = { 'x-mine': '1', AUTHORIZATION: 'Basic x' }
    assert.deepEqual(await call(`${api.url}/x?y=1`, { method: 'POST', headers, body: 'hello' }), {
      status: 200,
      body: 'weather',
    })
    await call(`${api.url}/x`)
    assert.deepEqual(tokens(api.requests), ['Bearer t1', 'Bearer t1'])
    const [first] = api.requests
    assert.deepEqual(
      [first?.url, first?.body, first?.headers['x-mine'], first?.method],
      ['/x?y=1', 'hello', '1', 'POST'],
    )
    assert.equal(as.requests.length, 1)
  })

  test(`SEC-267: ${name}: a 401 renews the token and repeats the request once`, async (context) => {
    const { as, api, call } = await setUp(context, unlessFirst)
    assert.deepEqual(await call(api.url, { method: 'POST', body: 'again' }), { status: 200, body: 'said' })
    assert.deepEqual(tokens(api.requests), ['Bearer t1', 'Bearer t2'])
    assert.ok(api.requests.every(({ body }) => body === 'again'))
    assert.equal(as.requests.length, 2)
  })

  test(`SEC-267: ${name}: an API that always answers 401 costs one renewal, and the 401 is the answer`, async (context) => {
    const { as, api, call } = await setUp(context, () => ({ status: 401, body: 'no' }))
    assert.deepEqual(await call(api.url), { status: 401, body: 'no' })
    assert.equal(api.requests.length, 2)
    assert.equal(as.requests.length, 2)
  })

  test(`SEC-267: ${name}: a token that comes back the same is not sent twice, and the 401 is the answer`, async (context) => {
    const { api, call } = await setUp(
      context,
      () => ({ status: 401, body: 'no'.repeat(10_000) }),
      () => issue(1),
    )
    assert.deepEqual(await call(api.url), { status: 401, body: 'no'.repeat(10_000) })
    assert.deepEqual(tokens(api.requests), ['Bearer t1'])
  })

  test(`SEC-267: ${name}: a 403 never renews`, async (context) => {
    const { as, api, call } = await setUp(context, () => ({ status: 403, body: 'no' }))
    assert.deepEqual(await call(api.url), { status: 403, body: 'no' })
    assert.equal(api.requests.length, 1)
    assert.equal(as.requests.length, 1)
  })

  test(`SEC-267: ${name}: requests refused together share one renewal`, async (context) => {
    const { as, api, call } = await setUp(context, unlessFirst)
    const answers = await Promise.all(Array.from({ length: 20 }, () => call(api.url)))
    assert.ok(answers.every(({ status }) => status === 200))
    assert.equal(as.requests.length, 2)
  })

  test(`${name}: a body that is a stream is not sent again, and the next request has a new token`, async (context) => {
    const { api, call, source } = await setUp(context, unlessFirst)
    const refused = await call(api.url, { method: 'POST', body: 'once', streamed: true })
    assert.deepEqual(refused, { status: 401, body: 'said' })
    assert.deepEqual(
      api.requests.map(({ body }) => body),
      ['once'],
    )
    await source.token()
    assert.equal((await call(api.url, { method: 'POST', body: 'twice', streamed: true })).status, 200)
    assert.deepEqual(tokens(api.requests), ['Bearer t1', 'Bearer t2'])
  })

  test(`${name}: the large body of a 401 does not hold the repeated request up`, async (context) => {
    const { call, api } = await setUp(context, (authorization) =>
      authorization === 'Bearer t1' ? { status: 401, body: 'x'.repeat(1_000_000) } : { body: 'said' },
    )
    assert.deepEqual(await call(api.url), { status: 200, body: 'said' })
  })

  test(`SEC-271: ${name}: a redirect to another origin goes without the token, and its 401 renews nothing`, async (context) => {
    for (const status of [301, 302, 303, 307, 308]) {
      const elsewhere = await cannedServer(context, () => ({ status: 401, body: 'who are you' }))
      const { as, api, call } = await setUp(context, () => ({ status, headers: { location: `${elsewhere.url}/y` } }))
      assert.deepEqual(await call(`${api.url}/x`), { status: 401, body: 'who are you' })
      assert.deepEqual(tokens(elsewhere.requests), redirectsUnseen ? [undefined, undefined] : [undefined])
      assert.equal(as.requests.length, redirectsUnseen ? 2 : 1)
    }
  })

  test(`${name}: a redirect within the origin carries the token`, async (context) => {
    const { api, call } = await setUp(context, (_, { url }) =>
      url === '/x' ? { status: 302, headers: { location: '/y' } } : { body: 'there' },
    )
    assert.deepEqual(await call(`${api.url}/x`), { status: 200, body: 'there' })
    assert.deepEqual(tokens(api.requests), ['Bearer t1', 'Bearer t1'])
  })

  test(`SEC-271: ${name}: another origin is sent no token, and keeps the caller's own Authorization`, async (context) => {
    const { as, call } = await setUp(context, () => ({ body: '' }))
    const elsewhere = await cannedServer(context, () => ({ status: 401 }))
    assert.equal((await call(elsewhere.url, { headers: { authorization: 'Basic x' } })).status, 401)
    assert.deepEqual(tokens(elsewhere.requests), ['Basic x'])
    assert.equal(as.requests.length, 0)
  })

  test(`SEC-271: ${name}: an origin on plain http elsewhere is refused, and one that is more than that`, async (context) => {
    const { source } = await setUp(context, () => ({}))
    const code = (wanted: string) => (error: unknown) => error instanceof TokenError && error.code === wanted
    assert.throws(() => make(source, ['http://api.example']), code('insecure_url'))
    assert.throws(() => make(source, ['api.example']), code('insecure_url'))
    assert.throws(() => make(source, ['https://api.example/v1']), code('invalid_configuration'))
    assert.throws(() => make(source, []), code('invalid_configuration'))
  })

  test(`${name}: without a token nothing is sent, and the error says why`, async (context) => {
    const { api, call } = await setUp(
      context,
      () => ({}),
      () => ({ status: 401, body: { error: 'invalid_client' } }),
    )
    const error = await call(api.url).then(() => undefined, tokenError)
    assert.equal(error?.code, 'refused')
    assert.equal(error?.oauthError, 'invalid_client')
    assert.equal(api.requests.length, 0)
  })

  test(`${name}: a renewal that fails is the error, and the request is not repeated`, async (context) => {
    const { api, call } = await setUp(
      context,
      () => ({ status: 401, body: 'no' }),
      (count) => (count === 1 ? issue(1) : { status: 400, body: { error: 'invalid_client' } }),
    )
    const error = await call(api.url).then(() => undefined, tokenError)
    assert.equal(error?.code, 'refused')
    assert.equal(api.requests.length, 1)
  })

  test(`${name}: who gives up while the token is fetched or renewed is not kept waiting`, async (context) => {
    for (const hanging of [1, 2]) {
      const asked = Promise.withResolvers<void>()
      const { api, call } = await setUp(
        context,
        () => ({ status: 401 }),
        (count) => {
          if (count < hanging) return issue(count)
          asked.resolve()
          return new Promise<CannedAnswer>(() => undefined)
        },
      )
      const controller = new AbortController()
      const called = call(api.url, { signal: controller.signal })
      await asked.promise
      controller.abort()
      await assert.rejects(called)
      assert.equal(api.requests.length, hanging - 1)
    }
  })

  test(`${name}: who gives up while the API is thinking hears of it`, async (context) => {
    const as = await cannedServer(context, (_, count) => issue(count))
    const asked = Promise.withResolvers<void>()
    const api = await cannedServer(context, () => {
      asked.resolve()
      return new Promise<CannedAnswer>(() => undefined)
    })
    const source = tokenSource({ tokenEndpoint: `${as.url}/token`, clientId: 'a', credential: 'b' })
    const controller = new AbortController()
    const called = make(source, [api.url])(api.url, { signal: controller.signal })
    await asked.promise
    controller.abort()
    await assert.rejects(called)
    assert.equal(api.requests.length, 1)
  })

  test(`SEC-275: ${name}: an error does not show the token`, async (context) => {
    const { as, source } = await setUp(
      context,
      () => ({}),
      () => ({ body: { access_token: 'c4naryT0ken', token_type: 'Bearer' } }),
    )
    const api = await listen(context, (request) => request.socket.destroy())
    const error: unknown = await make(source, [api])(`${api}/x`).catch((failure) => failure)
    assert.ok(error instanceof Error)
    for (const text of [inspect(error, { depth: 10 }), JSON.stringify(error), String(error), error.stack ?? '']) {
      assert.doesNotMatch(text, /c4naryT0ken/)
    }
    assert.equal(as.requests.length, 1)
  })
}
