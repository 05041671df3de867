import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type CannedAnswer, listen } from '../../../client/test/local-server.ts'
import { audience, localIssuer, start } from '../../../resource-server/test/local-issuer.ts'
import { ask } from '../../test/ask.ts'
import { startProxy } from '../proxy/start-proxy.ts'
import { startGateway } from '../verifier/start-gateway.ts'

const opaque = 'opaque-token-1'

/** An issuer of opaque tokens; `jwt` is what it answers to `Accept: application/jwt`. */
const setUp = async (context: TestContext, maximumAge = 10) => {
  const issuer = await localIssuer(context)
  const { state, claims, sign } = issuer
  const time = { passed: 0 }
  const jwt: { answer: () => Promise<CannedAnswer> } = {
    answer: async () => ({ headers: { 'content-type': 'application/jwt' }, body: await sign() }),
  }
  const asked: string[] = []
  state.introspect = async ({ headers, body }) => {
    assert.match(headers.authorization ?? '', /^Basic /)
    asked.push(headers.accept ?? '')
    if (!body.includes(opaque)) return { body: { active: false } }
    return headers.accept === 'application/jwt' ? jwt.answer() : { body: { active: true, ...claims() } }
  }
  const routes = {
    text: JSON.stringify({
      issuers: [
        { issuer: issuer.issuer, introspection: { clientId: 'gateway', clientSecret: { env: 'SECRET' }, maximumAge } },
      ],
      audience,
      routes: [
        { path: '/swapped', scopes: ['api:read'], swap: 'jwt' },
        { path: '/kept', scopes: ['api:read'] },
      ],
    }),
  }
  const options = {
    routes,
    environment: { SECRET: 'hunter2' },
    currentTime: () => start * 1000 + time.passed,
    now: () => time.passed,
  }
  const gateway = await startGateway(options)
  context.after(() => gateway.close({ timeout: 0 }))
  const get = (path: string, token = opaque) =>
    ask(gateway.url, {
      path: '/nginx',
      headers: { 'X-Original-Method': 'GET', 'X-Original-URI': path, Authorization: `Bearer ${token}` },
    })
  return { ...issuer, gateway, get, jwt, asked, time, options }
}

test('the API gets the JWT instead of the opaque token, and never both', async (context) => {
  const { get, options, asked } = await setUp(context)
  const { status, headers } = await get('/swapped')
  assert.equal(status, 200)
  assert.match(String(headers.authorization), /^Bearer ey[\w-]+\.[\w-]+\.[\w-]+$/)
  assert.ok(!JSON.stringify(headers).includes(opaque))
  assert.equal((await get('/kept')).headers.authorization, `Bearer ${opaque}`)
  assert.deepEqual(asked, ['application/json', 'application/jwt'])

  const seen: string[] = []
  const upstream = await listen(context, (request, response) => {
    seen.push(JSON.stringify(request.rawHeaders))
    response.end()
  })
  const proxy = await startProxy({ ...options, upstream })
  context.after(() => proxy.close({ timeout: 0 }))
  assert.equal((await ask(proxy.url, { path: '/swapped', headers: { Authorization: `Bearer ${opaque}` } })).status, 200)
  assert.match(seen[0] ?? '', /"Authorization","Bearer ey/)
  assert.ok(!seen[0]?.includes(opaque))
})

test('while one secret replaces another, either opens the introspection endpoint', async (context) => {
  const { state, claims, issuer } = await localIssuer(context)
  const accepted = { secret: 'older' }
  state.introspect = ({ headers }) =>
    headers.authorization === `Basic ${btoa(`gateway:${accepted.secret}`)}`
      ? { body: { active: true, ...claims() } }
      : { status: 401, body: { error: 'invalid_client' } }
  const clientSecret = [{ env: 'NEWER' }, { env: 'OLDER' }]
  const gateway = await startGateway({
    routes: {
      text: JSON.stringify({
        issuers: [{ issuer, introspection: { clientId: 'gateway', clientSecret, maximumAge: 0 } }],
        routes: [{ path: '/kept', audience, scopes: ['api:read'] }],
      }),
    },
    environment: { NEWER: 'newer', OLDER: 'older' },
    currentTime: () => start * 1000,
  })
  context.after(() => gateway.close({ timeout: 0 }))
  const question = { 'X-Original-Method': 'GET', 'X-Original-URI': '/kept', Authorization: `Bearer ${opaque}` }
  for (const [secret, status] of [
    ['older', 200],
    ['newer', 200],
    ['other', 503],
  ] as const) {
    accepted.secret = secret
    assert.equal((await ask(gateway.url, { path: '/nginx', headers: question })).status, status, secret)
  }
})

test('a JWT is passed on as it is', async (context) => {
  const { get, sign, state, claims } = await setUp(context)
  state.introspect = () => ({ body: { active: true, ...claims() } })
  const token = await sign()
  assert.equal((await get('/swapped', token)).headers.authorization, `Bearer ${token}`)
})

test('a swap is remembered as long as an answer is, and not past expiry', async (context) => {
  const { get, asked, time, gateway } = await setUp(context)
  await Promise.all([get('/swapped'), get('/swapped'), get('/swapped')])
  assert.deepEqual(asked, ['application/json', 'application/jwt'])
  time.passed = 9_999
  assert.equal((await get('/swapped')).status, 200)
  assert.equal(asked.length, 2)
  time.passed = 10_000
  assert.equal((await get('/swapped')).status, 200)
  assert.equal(asked.length, 4)
  assert.match(gateway.metrics(), /swaps_total\{outcome="remembered"\} [1-9]/)
  time.passed = 311_000
  const late = await get('/swapped')
  assert.equal(late.status, 401)
  assert.equal(late.headers.authorization, undefined)
})

test('a token that is dead when it is swapped is refused as any dead token', async (context) => {
  const { get, jwt } = await setUp(context)
  for (const answer of [{ status: 204 }, { body: { active: false } }]) {
    jwt.answer = async () => answer
    const refused = await get('/swapped')
    assert.equal(refused.status, 401)
    assert.match(refused.headers['www-authenticate'] ?? '', /error="invalid_token"/)
  }
})

test('without a JWT that stands for the token, nothing passes', async (context) => {
  const { get, jwt, sign, claims, gateway } = await setUp(context, 0)
  const answers: readonly CannedAnswer[] = [
    { status: 500 },
    { status: 401, body: { error: 'invalid_client' } },
    { body: { active: true, ...claims() } },
    { headers: { 'content-type': 'application/jwt' }, body: 'not a jwt' },
    { headers: { 'content-type': 'application/jwt' }, body: await sign({ aud: 'https://other.test' }) },
    { headers: { 'content-type': 'application/jwt' }, body: await sign({ client_id: 'other' }) },
    { headers: { 'content-type': 'application/jwt' }, body: await sign({ exp: start + 301 }) },
    { headers: { 'content-type': 'application/jwt' }, body: await sign({}, { typ: 'token-introspection+jwt' }) },
    { headers: { 'content-type': 'text/plain' }, body: await sign() },
  ]
  for (const answer of answers) {
    jwt.answer = async () => answer
    const { status, headers } = await get('/swapped')
    assert.equal(status, 503, JSON.stringify(answer))
    assert.equal(headers['retry-after'], '5')
    assert.equal(headers.authorization, undefined)
    assert.equal(headers['x-mintmark-client-id'], undefined)
    assert.equal(headers['www-authenticate'], undefined)
  }
  assert.match(gateway.metrics(), /status="503",check="swap-other-token"\} 2/)
})
