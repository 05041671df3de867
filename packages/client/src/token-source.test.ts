import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CannedAnswer, cannedServer } from '../test/local-server.ts'
import { clientSecret, fails, setUp, tokenAnswer } from '../test/local-source.ts'
import { clientSecretPost } from './credential.ts'
import { type TokenSourceOptions, tokenSource } from './token-source.ts'

test('a token is asked for with HTTP Basic, and what was asked is what was granted', async (context) => {
  const { source, requests } = await setUp(context, undefined, {
    clientId: 'weather website',
    credential: () => Promise.resolve('p:w%+'),
    scope: 'weather:read weather:write',
    resource: ['https://a.example', 'https://b.example'],
  })
  const token = await source.token()
  assert.equal(token.value, 'token-1')
  assert.equal(token.authorization, 'Bearer token-1')
  assert.deepEqual(token.scopes, ['weather:read', 'weather:write'])
  assert.equal(token.lifetime, 60)
  const [request] = requests
  assert.equal(request?.method, 'POST')
  assert.equal(request?.url, '/oauth2/token')
  assert.equal(request?.headers.authorization, `Basic ${btoa('weather+website:p%3Aw%25%2B')}`)
  assert.equal(request?.headers['content-type'], 'application/x-www-form-urlencoded')
  assert.equal(
    request?.body,
    'grant_type=client_credentials&scope=weather%3Aread+weather%3Awrite&resource=https%3A%2F%2Fa.example&resource=https%3A%2F%2Fb.example',
  )
})

test('every token request of a process names the same random instance, which says nothing else', async (context) => {
  const one = await setUp(context)
  const other = await setUp(context)
  await one.source.token()
  await other.source.token()
  const named = [...one.requests, ...other.requests].map(({ headers }) => String(headers['mintmark-instance']))
  assert.equal(named.length, 2)
  assert.equal(new Set(named).size, 1)
  assert.match(named[0] ?? '', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
})

test('client_secret_post sends the credentials in the body only', async (context) => {
  const { source, requests } = await setUp(context, undefined, { credential: clientSecretPost(clientSecret) })
  await source.token()
  assert.equal(requests[0]?.headers.authorization, undefined)
  assert.equal(
    requests[0]?.body,
    `grant_type=client_credentials&client_id=weather-website&client_secret=${clientSecret}`,
  )
})

test('SEC-265: ten thousand callers on a cold cache share one request', async (context) => {
  const { source, requests } = await setUp(context, (count) => tokenAnswer(count))
  const tokens = await Promise.all(Array.from({ length: 10_000 }, () => source.token()))
  assert.equal(requests.length, 1)
  assert.ok(tokens.every((token) => token.value === 'token-1'))
  await source.token()
  assert.equal(requests.length, 1)
})

test('SEC-266: a token is renewed early, served while it is renewed, and never with too little left', async (context) => {
  const renewal = Promise.withResolvers<void>()
  const { source, requests, clock } = await setUp(context, async (count) => {
    if (count === 2) await renewal.promise
    return tokenAnswer(count)
  })
  const value = async () => (await source.token()).value
  assert.equal(await value(), 'token-1')
  clock.time += 44_000
  assert.equal(await value(), 'token-1')
  assert.equal(requests.length, 1)
  clock.time += 2_000
  assert.equal(await value(), 'token-1')
  assert.equal(await value(), 'token-1')
  clock.time += 4_000
  const waiting = value()
  renewal.resolve()
  assert.equal(await waiting, 'token-2')
  assert.equal(requests.length, 2)
})

test('SEC-266: three minutes of calls see every token with ten seconds left at least', async (context) => {
  const issuedAt = new Map<string, number>()
  const { source, clock, requests } = await setUp(context, (count) => {
    issuedAt.set(`token-${count}`, clock.time)
    return tokenAnswer(count)
  })
  for (let second = 0; second < 180; second += 1) {
    const { value } = await source.token()
    const age = clock.time - (issuedAt.get(value) ?? Number.NaN)
    assert.ok(age <= 50_000, `${value} was handed out ${age} ms old`)
    clock.time += 1_000
  }
  assert.ok(requests.length >= 4 && requests.length <= 6, `${requests.length} requests`)
})

test('a token that lives shorter than the margin is used for three quarters of its life', async (context) => {
  const { source, clock } = await setUp(context, (count) => tokenAnswer(count, { expires_in: 8 }))
  assert.equal((await source.token()).value, 'token-1')
  clock.time += 5_500
  assert.equal((await source.token()).value, 'token-1')
  clock.time += 500
  assert.equal((await source.token()).value, 'token-2')
})

test('a token without expires_in is used for less than a minute', async (context) => {
  const { source, clock } = await setUp(context, (count) => tokenAnswer(count, { expires_in: undefined }))
  await source.token()
  clock.time += 50_000
  assert.equal((await source.token()).value, 'token-2')
})

test('a renewal that fails leaves the token in use and is tried again later', async (context) => {
  const bodies: Promise<string>[] = []
  const watchedFetch: typeof fetch = async (...call) => {
    const response = await fetch(...call)
    bodies.push(response.clone().text())
    return response
  }
  const { source, clock, requests } = await setUp(
    context,
    (count) =>
      count === 2 ? { status: 400, body: { error: 'invalid_client' } } : tokenAnswer(count, { expires_in: 1_000 }),
    { fetch: watchedFetch },
  )
  /** The answer of the renewal has been read, and all that follows from it in the same turn is done. */
  const renewed = async (count: number) => {
    while (bodies.length < count) await new Promise((resolve) => setImmediate(resolve))
    await bodies[count - 1]
    await new Promise((resolve) => setImmediate(resolve))
  }
  await source.token()
  clock.time += 760_000
  assert.equal((await source.token()).value, 'token-1')
  await renewed(2)
  assert.equal((await source.token()).value, 'token-1')
  assert.equal(requests.length, 2)
  clock.time += 10_900
  assert.equal((await source.token()).value, 'token-1')
  assert.equal(requests.length, 2)
  clock.time += 100
  assert.equal((await source.token()).value, 'token-1')
  await renewed(3)
  assert.equal((await source.token()).value, 'token-3')
})

test('SEC-268: Retry-After is honoured with jitter', async (context) => {
  for (const status of [503, 429]) {
    const { source, waits } = await setUp(context, (count) =>
      count === 1 ? { status, headers: { 'retry-after': '2' }, body: {} } : tokenAnswer(count),
    )
    assert.equal((await source.token()).value, 'token-2')
    assert.deepEqual(waits, [2_200])
  }
})

test('SEC-268: without Retry-After waits grow, and attempts end', async (context) => {
  const { source, waits, requests } = await setUp(context, () => ({ status: 503 }))
  await assert.rejects(source.token(), fails('unavailable', { status: 503, temporary: true }))
  assert.deepEqual(waits, [200, 400])
  assert.equal(requests.length, 3)
})

test('SEC-268: a server that asks for a longer wait than the cap gets no further attempt', async (context) => {
  const { source, waits } = await setUp(context, () => ({ status: 503, headers: { 'retry-after': '3600' } }))
  await assert.rejects(source.token(), fails('unavailable', { retryAfter: 3600 }))
  assert.deepEqual(waits, [])
})

test('SEC-268: a refused connection is tried again and named', async (context) => {
  const { waits } = await setUp(context)
  const source = tokenSource({
    tokenEndpoint: 'http://127.0.0.1:1/token',
    clientId: 'a',
    credential: clientSecret,
    wait: async (milliseconds) => {
      waits.push(milliseconds)
    },
  })
  await assert.rejects(source.token(), fails('unreachable'))
  assert.equal(waits.length, 2)
})

test('SEC-268: what retrying cannot cure fails at once and is not remembered', async (context) => {
  for (const [status, error] of [
    [401, 'invalid_client'],
    [400, 'invalid_scope'],
    [400, 'unauthorized_client'],
  ] as const) {
    const { source, waits, requests } = await setUp(context, (count) =>
      count === 1 ? { status, headers: { 'mintmark-reference': 'ref-1' }, body: { error } } : tokenAnswer(count),
    )
    await assert.rejects(
      source.token(),
      fails('refused', { status, oauthError: error, reference: 'ref-1', temporary: false }),
    )
    assert.deepEqual(waits, [])
    assert.equal((await source.token()).value, 'token-2')
    assert.equal(requests.length, 2)
  }
})

test('a server that does not answer in time is a timeout', async (context) => {
  const never = Promise.withResolvers<CannedAnswer>()
  const { source } = await setUp(context, () => never.promise, { timeout: 20, attempts: 1 })
  await assert.rejects(source.token(), fails('timeout'))
})

test('SEC-271: a redirect is refused, and nobody else sees the credentials', async (context) => {
  const elsewhere = await cannedServer(context, () => tokenAnswer(1))
  for (const status of [301, 302, 303, 307, 308]) {
    const { source } = await setUp(context, () => ({ status, headers: { location: `${elsewhere.url}/token` } }))
    await assert.rejects(source.token(), fails('redirect_refused', { status }))
  }
  assert.equal(elsewhere.requests.length, 0)
})

test('SEC-272: an answer that is not a bearer token response is refused', async (context) => {
  const hostile: CannedAnswer[] = [
    { headers: { 'content-type': 'text/html' }, body: '<html>' },
    { headers: { 'content-type': 'text/html' }, body: JSON.stringify(tokenAnswer(1).body) },
    { body: '{' },
    { body: '[]' },
    { body: 'null' },
    tokenAnswer(1, { access_token: undefined }),
    tokenAnswer(1, { access_token: '' }),
    tokenAnswer(1, { access_token: 7 }),
    tokenAnswer(1, { access_token: 'a\r\nX-Evil: 1' }),
    tokenAnswer(1, { token_type: undefined }),
    tokenAnswer(1, { token_type: 'mac' }),
    tokenAnswer(1, { token_type: 'DPoP' }),
    tokenAnswer(1, { expires_in: -1 }),
    tokenAnswer(1, { expires_in: 0 }),
    tokenAnswer(1, { expires_in: '3600' }),
    tokenAnswer(1, { scope: ['a'] }),
    tokenAnswer(1, { scope: 'a  b' }),
    tokenAnswer(1, { padding: 'x'.repeat(1_100_000) }),
    { ...tokenAnswer(1), status: 201 },
    { status: 400, body: 'Bad Request' },
  ]
  for (const answer of hostile) {
    const { source, requests } = await setUp(context, () => answer)
    await assert.rejects(source.token(), fails('invalid_response'))
    assert.equal(requests.length, 1)
  }
})

test('SEC-272: a smaller scope than asked for is visible', async (context) => {
  const { source } = await setUp(context, (count) => tokenAnswer(count, { scope: 'api:read', token_type: 'bearer' }), {
    scope: ['api:read', 'api:write'],
  })
  assert.deepEqual((await source.token()).scopes, ['api:read'])
})

test('the secret function is asked for every request, and its failure has a name', async (context) => {
  let secret: string | Error = 'first'
  const { source, requests, clock } = await setUp(context, undefined, {
    credential: () => {
      if (secret instanceof Error) throw secret
      return secret
    },
  })
  const first = await source.token()
  secret = 'second'
  await source.renewToken(first)
  assert.deepEqual(
    requests.map(({ headers }) => headers.authorization),
    [`Basic ${btoa('weather-website:first')}`, `Basic ${btoa('weather-website:second')}`],
  )
  for (secret of [new Error('vault is sealed'), '', '\ud800']) {
    clock.time += 60_000
    await assert.rejects(source.token(), fails('secret_unavailable'))
    secret = 'good'
    await source.token()
  }
})

test('any number of callers refused with the same token share one renewal', async (context) => {
  const { source, requests } = await setUp(context)
  const token = await source.token()
  const renewed = await Promise.all(Array.from({ length: 50 }, () => source.renewToken(token)))
  assert.ok(renewed.every(({ value }) => value === 'token-2'))
  assert.equal((await source.renewToken(token)).value, 'token-2')
  assert.equal(requests.length, 2)
})

test('options that make no sense are refused when the source is made', () => {
  const good = { tokenEndpoint: 'https://as.example/token', clientId: 'a', credential: 'b' }
  const bad: [string, TokenSourceOptions][] = [
    ['invalid_configuration', { ...good, clientId: '' }],
    ['invalid_configuration', { ...good, maximumwait: 1 } as never],
    ['invalid_configuration', { ...good, credential: '' }],
    ['invalid_configuration', { ...good, issuer: 'https://as.example' }],
    ['invalid_configuration', { clientId: 'a', credential: 'b' }],
    ['invalid_configuration', { ...good, scope: 'a"b' }],
    ...(['timeout', 'deadline', 'attempts', 'maximumWait', 'maximumTokens'] as const).flatMap((name) =>
      [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '10' as never].map(
        (value): [string, TokenSourceOptions] => ['invalid_configuration', { ...good, [name]: value }],
      ),
    ),
    ['invalid_configuration', { ...good, credential: undefined as never }],
    ['invalid_configuration', { ...good, credential: [] as never }],
    ['invalid_configuration', { ...good, credential: {} as never }],
    ['insecure_url', { ...good, tokenEndpoint: 'http://as.example/token' }],
    ['insecure_url', { ...good, tokenEndpoint: 'http://localhost.evil.example/token' }],
    ['insecure_url', { ...good, tokenEndpoint: 'https://a:b@as.example/token' }],
    ['insecure_url', { ...good, tokenEndpoint: '/token' }],
    ['insecure_url', { ...good, tokenEndpoint: 'ftp://localhost/token' }],
  ]
  for (const [code, options] of bad) assert.throws(() => tokenSource(options), fails(code))
  for (const host of ['localhost:1', '127.0.0.1', '[::1]:6749', 'as.localhost']) {
    tokenSource({ ...good, tokenEndpoint: `http://${host}/token` })
  }
})

test('who listens and fails, at once or later, ends neither the token nor the process', async (context) => {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', note)
  context.after(() => process.off('unhandledRejection', note))
  const failures = [() => assert.fail('full'), async () => assert.fail('full')]
  for (const onEvent of failures) {
    const { source } = await setUp(context, undefined, { onEvent })
    assert.equal((await source.token()).value, 'token-1')
  }
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(unhandled, [])
})
