import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask } from '../../test/ask.ts'
import { localProxy, mirror, seen } from '../../test/local-proxy.ts'

test('the API gets the request as it was sent, and who calls', async (context) => {
  const { proxy, sign } = await localProxy(context, mirror)
  const token = await sign()
  const answer = await ask(proxy.url, {
    method: 'PUT',
    path: '/read/a%20b?x=%2F&y=%zz',
    headers: { Authorization: `Bearer ${token}`, 'X-Own': ['1', '2'], 'Content-Type': 'text/plain' },
    body: 'hello',
  })
  assert.equal(answer.status, 200)
  const got = seen(answer.body)
  assert.equal(got.method, 'PUT')
  assert.equal(got.url, '/read/a%20b?x=%2F&y=%zz')
  assert.equal(got.body, 'hello')
  assert.deepEqual(
    got.headers.filter(([name]) => name === 'x-own'),
    [
      ['x-own', '1'],
      ['x-own', '2'],
    ],
  )
  assert.equal(got.one('authorization'), `Bearer ${token}`)
  assert.equal(got.one('x-mintmark-client-id'), 'cb')
  assert.equal(got.one('x-mintmark-scope'), 'api:read')
  assert.equal(got.one('x-team'), 'blue')
  assert.equal(got.one('x-forwarded-for'), '127.0.0.1')
  assert.equal(got.one('x-forwarded-proto'), 'http')
  assert.equal(got.one('x-forwarded-host'), new URL(proxy.url).host)
})

test('a refused request never reaches the API', async (context) => {
  let reached = 0
  const { proxy, sign } = await localProxy(context, (_, response) => {
    reached += 1
    response.end()
  })
  const token = await sign()
  const authorization = { Authorization: `Bearer ${token}` }
  assert.equal((await ask(proxy.url, { path: '/read' })).status, 401)
  const malformed = await ask(proxy.url, { path: '/read', headers: { Authorization: `Bearer  ${token}` } })
  assert.equal(malformed.status, 400)
  assert.match(malformed.headers['www-authenticate'] ?? '', /error="invalid_request"/)
  const scope = await ask(proxy.url, { method: 'POST', path: '/write', headers: authorization, body: 'x' })
  assert.equal(scope.status, 403)
  assert.match(scope.headers['www-authenticate'] ?? '', /insufficient_scope/)
  for (const path of [
    '/',
    '/nowhere',
    '/read/../write',
    '/read//x',
    '/open/%2e%2e/write',
    '/open/..%2fwrite',
    '/open;/x',
    'http://api/open',
    '/open#x',
    '*',
  ]) {
    assert.equal((await ask(proxy.url, { path, headers: authorization })).status, 403, path)
  }
  assert.equal(reached, 0)
})

test('what the outside sends under our names does not arrive, in any spelling', async (context) => {
  const { proxy, sign } = await localProxy(context, mirror)
  const headers = {
    'X-Mintmark-Client-Id': 'admin',
    X_Mintmark_Client_Id: 'admin',
    'x-mintmark-unknown': 'admin',
    'X.Mintmark.Scope': 'admin',
    'X-Team': 'red',
    X_Team: 'red',
    'X-Forwarded-For': '10.0.0.1',
    X_Forwarded_For: '10.0.0.1',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Host': 'bank.example',
    'X-Real-IP': '10.0.0.1',
    Forwarded: 'for=10.0.0.1',
    'X-HTTP-Method-Override': 'DELETE',
    'X-Method-Override': 'DELETE',
    X_HTTP_Method: 'DELETE',
    'X-Original-URL': '/write',
    'X-Rewrite-URL': '/write',
    SCRIPT_NAME: '/read',
    PATH_INFO: '/write',
    'Proxy-Authorization': 'Basic eDp4',
    Connection: 'keep-alive, X-Private',
    'X-Private': '1',
    'HTTP2-Settings': 'AAMAAABkAAQAAP__',
    Content_Length: '5',
    Transfer_Encoding: 'chunked',
    TE: 'trailers',
    'Keep-Alive': 'timeout=5',
  }
  for (const [path, token] of [
    ['/read', await sign()],
    ['/open', undefined],
  ] as const) {
    const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` }
    const { body } = await ask(proxy.url, { path, headers: { ...headers, ...authorization } })
    const got = seen(body)
    const names = got.headers.map(([name]) => name)
    const known = ['host', 'via', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'connection']
    const ours =
      token === undefined
        ? []
        : [
            'authorization',
            'x-team',
            ...['client-id', 'subject', 'scope', 'issuer', 'audience', 'expires'].map((name) => `x-mintmark-${name}`),
          ]
    assert.deepEqual(names.toSorted(), [...known, ...ours].toSorted())
    assert.equal(got.one('x-forwarded-for'), '127.0.0.1')
    assert.equal(got.one('x-mintmark-client-id'), token === undefined ? undefined : 'cb')
  }
  assert.equal((await ask(proxy.url, { method: 'POST', path: '/open?a=b&_method=DELETE' })).status, 403)
  assert.equal((await ask(proxy.url, { method: 'POST', path: '/open?%255fmeth%6fd=DELETE' })).status, 403)
})

test('trusted proxies say where a request came from', async (context) => {
  const { proxy } = await localProxy(context, mirror, { trusted: ['127.0.0.0/8'], keepHost: true })
  const headers = { 'X-Forwarded-For': '192.0.2.7', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'api.example' }
  const got = seen((await ask(proxy.url, { path: '/open', headers })).body)
  assert.equal(got.one('x-forwarded-for'), '192.0.2.7, 127.0.0.1')
  assert.equal(got.one('x-forwarded-proto'), 'https')
  assert.equal(got.one('x-forwarded-host'), 'api.example')
  assert.equal(got.one('host'), new URL(proxy.url).host)
})

test('a route for a host is chosen by the host that the API is told', async (context) => {
  const hosts = {
    routes: {
      text: JSON.stringify({
        issuers: [{ issuer: 'https://issuer.test', keys: { jwks: { keys: [] } } }],
        audience: 'https://api.test',
        routes: [
          { path: '/**', host: 'admin.example', scopes: ['admin'] },
          { path: '/**', public: true },
        ],
      }),
    },
  }
  const status = async (options: object, headers: Readonly<Record<string, string>>) => {
    const { proxy } = await localProxy(context, mirror, { ...hosts, ...options })
    const answer = await ask(proxy.url, { path: '/', headers })
    if (answer.status === 200) {
      const { headers: arrived } = seen(answer.body)
      assert.ok(!arrived.some(([, value]) => /admin\.example/i.test(value)))
    }
    return answer.status
  }
  const trusted = { trusted: ['127.0.0.1'] }
  const lie = { Host: 'www.example', 'X-Forwarded-Host': 'Admin.Example:443' }
  assert.equal(await status({}, lie), 200)
  assert.equal(await status(trusted, lie), 401)
  assert.equal(await status(trusted, { Host: 'inside.example', 'X-Forwarded-Host': 'www.example' }), 200)
  assert.equal(await status(trusted, { Host: 'admin.example' }), 401)
  // The API is told both, and the table has routes for one of them.
  assert.equal(await status({ ...trusted, keepHost: true }, lie), 403)
  assert.equal(await status({ ...trusted, keepHost: true }, { ...lie, Host: 'admin.example' }), 403)
  assert.equal(
    await status({ ...trusted, keepHost: true }, { Host: 'w.example', 'X-Forwarded-Host': 'w.example' }),
    200,
  )
})

test('at the end, what was accepted is answered', async (context) => {
  const arrived = Promise.withResolvers<() => void>()
  const { proxy } = await localProxy(context, (_, response) => arrived.resolve(() => response.end('late')))
  const pending = ask(proxy.url, { path: '/open' })
  const finish = await arrived.promise
  const closing = proxy.close()
  finish()
  const answer = await pending
  assert.deepEqual([answer.status, answer.body, answer.headers.connection], [200, 'late', 'close'])
  assert.deepEqual(await closing, { cut: 0 })
  await assert.rejects(ask(proxy.url, { path: '/open' }))
})
