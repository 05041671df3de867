import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { audience, localIssuer, start } from '../../../resource-server/test/local-issuer.ts'
import { ask } from '../../test/ask.ts'
import { type GatewayOptions, startGateway } from './start-gateway.ts'

const setUp = async (context: TestContext, more: Partial<GatewayOptions> = {}, table: object = {}) => {
  const issuer = await localIssuer(context)
  const gateway = await startGateway({
    routes: {
      text: JSON.stringify({
        issuers: [{ issuer: issuer.issuer }],
        audience,
        routes: [
          { path: '/read/**', scopes: ['api:read'], headers: { 'X-Team': 'blue' } },
          { path: '/open/**', public: true },
        ],
        ...table,
      }),
    },
    currentTime: () => start * 1000,
    ...more,
  })
  context.after(() => gateway.close({ timeout: 0 }))
  const nginx = (target: string, headers: Readonly<Record<string, string | readonly string[]>> = {}) =>
    ask(gateway.url, { path: '/nginx', headers: { 'X-Original-Method': 'GET', 'X-Original-URI': target, ...headers } })
  return { ...issuer, gateway, nginx }
}

test('a question that does not say exactly which request it is about is refused', async (context) => {
  const { gateway, sign } = await setUp(context)
  const authorization = { Authorization: `Bearer ${await sign()}` }
  const questions: readonly (readonly [string, Readonly<Record<string, string | readonly string[]>>])[] = [
    ['/nginx', {}],
    ['/nginx', { 'X-Original-URI': '/open' }],
    ['/nginx', { 'X-Original-Method': 'GET' }],
    ['/nginx', { 'X-Original-Method': 'GET', 'X-Original-URI': ['/open', '/read'] }],
    ['/nginx', { 'X-Original-Method': ['GET', 'GET'], 'X-Original-URI': '/open' }],
    // What one gateway says is no word of another.
    ['/nginx', { 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': '/open' }],
    ['/traefik', { 'X-Original-Method': 'GET', 'X-Original-URI': '/open' }],
    ['/caddy', { 'X-Original-Method': 'GET', 'X-Original-URI': '/open' }],
    ['/haproxy', { 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': '/open' }],
  ]
  for (const [path, headers] of questions) {
    const answer = await ask(gateway.url, { path, headers: { ...headers, ...authorization } })
    assert.equal(answer.status, 403, JSON.stringify(headers))
    assert.equal(answer.headers['x-mintmark-client-id'], undefined)
  }
  for (const path of ['/', '/nginx/', '/nginx/open', '/Nginx', '/envoyX', '/open', '/apache']) {
    const headers = { 'X-Original-Method': 'GET', 'X-Original-URI': '/open' }
    assert.equal((await ask(gateway.url, { path, headers })).status, 404, path)
  }
  assert.match(gateway.metrics(), /unasked_total\{reason="question"\} 9/)
})

test('only named gateways may ask, and only from named addresses', async (context) => {
  const only = await setUp(context, { only: ['caddy'] })
  assert.equal((await only.nginx('/open')).status, 404)
  const headers = { 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': '/open' }
  assert.equal((await ask(only.gateway.url, { path: '/caddy?a=b', headers })).status, 200)
  const strangers = await setUp(context, { peers: ['192.0.2.0/24'] })
  assert.equal((await strangers.nginx('/open')).status, 403)
  assert.match(strangers.gateway.metrics(), /unasked_total\{reason="peer"\} 1/)
  await assert.rejects(setUp(context, { peers: ['localhost'] }), /localhost is neither an address nor a range/)
  await assert.rejects(setUp(context, { only: ['apache'] }), /apache is no gateway/)
})

test('a public route tells the API that nobody is known, and leaves the token alone', async (context) => {
  const { nginx } = await setUp(context)
  const answer = await nginx('/open', { 'X-Mintmark-Client-Id': 'admin' })
  assert.equal(answer.status, 200)
  for (const name of ['client-id', 'subject', 'scope', 'issuer', 'audience', 'expires']) {
    assert.equal(answer.headers[`x-mintmark-${name}`], '', name)
  }
  assert.equal(answer.headers['x-team'], '')
  assert.equal(answer.headers.authorization, undefined)
  assert.equal((await nginx('/open', { Authorization: 'Basic eDp4' })).headers.authorization, 'Basic eDp4')
})

test('headers that an API could take for ours, or for another request, are refused', async (context) => {
  const { nginx, sign } = await setUp(context)
  const authorization = { Authorization: `Bearer ${await sign()}` }
  for (const name of [
    'X_Mintmark_Client_Id',
    'x-mintmark_client_id',
    'X.Mintmark.Client.Id',
    'X_Team',
    'X-Team',
    'X-Mintmark-Unknown',
    'X-HTTP-Method-Override',
    'X-HTTP-Method',
    'X-Method-Override',
    'X_Method_Override',
    'X-Original-URL',
    'X-Rewrite-URL',
    'SCRIPT_NAME',
    'PATH_INFO',
  ]) {
    assert.equal((await nginx('/read', { ...authorization, [name]: 'x' })).status, 403, name)
    assert.equal((await nginx('/open', { [name]: 'x' })).status, 403, name)
  }
  for (const query of [
    '_method=DELETE',
    'a=b&_METHOD=x',
    '%5fmethod=DELETE',
    '%255Fmethod=x',
    'a;_method=x',
    '+_method=x',
    '_method[]=x',
    '.method=DELETE',
    '%2emethod=DELETE',
    'a&+.Method=x',
    '%u005fmethod=x',
    'X-HTTP-Method-Override=DELETE',
    'x_http_method=x',
  ]) {
    assert.equal((await nginx(`/open?${query}`)).status, 403, query)
  }
  for (const query of ['method=x', 'a=_method', 'x_method=y', 'payment_method=card']) {
    assert.equal((await nginx(`/open?${query}`)).status, 200, query)
  }
  assert.equal(
    (await nginx('/read', { ...authorization, 'X-Mintmark-Client-Id': 'admin' })).headers['x-mintmark-client-id'],
    'cb',
  )
})

test('a table for APIs that honour no override ignores their headers, and no other trick', async (context) => {
  const { nginx } = await setUp(context, {}, { overrideHeaders: 'ignore' })
  assert.equal((await nginx('/open', { 'X-HTTP-Method-Override': 'GET' })).status, 200)
  assert.equal((await nginx('/open', { X_Mintmark_Client_Id: 'x' })).status, 403)
  assert.equal((await nginx('/open?_method=DELETE')).status, 403)
})

test('methods are compared as they are', async (context) => {
  const { gateway } = await setUp(context, {}, { routes: [{ path: '/open', methods: ['GET'], public: true }] })
  const statuses: Record<string, number> = {}
  for (const method of ['GET', 'HEAD', 'get', 'POST', 'TRACE', 'CONNECT', 'GET ', 'G%45T', '']) {
    const headers = { 'X-Original-Method': method, 'X-Original-URI': '/open' }
    statuses[method] = (await ask(gateway.url, { path: '/nginx', headers })).status
  }
  // Space around a value is no part of it (RFC 9110 §5.5).
  const passing = Object.keys(statuses).filter((method) => statuses[method] === 200)
  assert.deepEqual(passing, ['GET', 'HEAD', 'GET '])
  assert.ok(Object.values(statuses).every((status) => status === 200 || status === 403))
})

test('what cannot be decided is 503 and no pass, also when it never could', async (context) => {
  const { nginx, sign, state, gateway } = await setUp(context)
  const token = await sign()
  state.down = true
  const fresh = await setUp(context, {}, { issuers: [{ issuer: `${gateway.url}/nowhere` }] })
  const other = await fresh.nginx('/read', { Authorization: `Bearer ${await sign({ iss: `${gateway.url}/nowhere` })}` })
  assert.equal(other.status, 503)
  assert.equal(other.headers['retry-after'], '5')
  assert.equal(other.headers['www-authenticate'], undefined)
  assert.equal(other.headers['x-mintmark-client-id'], undefined)
  // Keys that were fetched before bridge it.
  assert.equal((await nginx('/read', { Authorization: `Bearer ${token}` })).status, 200)
})

test('two tokens, and a token in the query, are as wrong as everywhere', async (context) => {
  const { nginx, sign } = await setUp(context)
  const token = await sign()
  assert.equal((await nginx(`/read?access_token=${token}`)).status, 401)
  const both = await nginx(`/read?access_token=${token}`, { Authorization: `Bearer ${token}` })
  assert.equal(both.status, 401)
  assert.match(both.headers['www-authenticate'] ?? '', /error="invalid_request"/)
  assert.equal((await nginx('/read', { Authorization: [`Bearer ${token}`, `Bearer ${token}`] })).status, 401)
})

test('health and metrics are answered, and hold no token', async (context) => {
  const { gateway, nginx, sign } = await setUp(context)
  const token = await sign()
  await nginx('/read', { Authorization: `Bearer ${token}` })
  await nginx('/read', { Authorization: `Bearer ${await sign({ exp: 1 })}` })
  assert.deepEqual((await ask(gateway.url, { path: '/health/live' })).body, '{"status":"live"}')
  assert.equal((await ask(gateway.url, { path: '/health/ready' })).status, 200)
  const { body, headers } = await ask(gateway.url, { path: '/metrics' })
  assert.match(headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/)
  assert.match(body, /decisions_total\{asker="nginx",status="200",check="passed"\} 1\n/)
  assert.match(body, /decisions_total\{asker="nginx",status="401",check="expired"\} 1\n/)
  assert.match(body, /decision_seconds_count 2\n/)
  assert.match(body, /mintmark_gateway_table_current 1\n/)
  assert.ok(!body.includes(token))
})

test('strange names of clients are told in characters a header can hold', async (context) => {
  const { nginx, sign } = await setUp(context)
  const token = await sign({ client_id: 'Zürich, 50%', sub: ' 100% ' })
  const { status, headers } = await nginx('/read', { Authorization: `Bearer ${token}` })
  assert.equal(status, 200)
  assert.equal(headers['x-mintmark-client-id'], 'Z%C3%BCrich, 50%25')
  assert.equal(headers['x-mintmark-subject'], '%20100%25%20')
  assert.equal(headers['x-mintmark-scope'], 'api:read')
})
