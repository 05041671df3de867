import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http'
import { type AddressInfo, connect, createServer as createSocketServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { listen, readBody } from '../../../client/test/local-server.ts'
import { audience, localIssuer, start } from '../../../resource-server/test/local-issuer.ts'
import { ask } from '../../test/ask.ts'
import { type ProxyOptions, startProxy } from './start-proxy.ts'

const setUp = async (context: TestContext, api: RequestListener | string, more: Partial<ProxyOptions> = {}) => {
  const issuer = await localIssuer(context)
  const upstream = typeof api === 'string' ? api : await listen(context, api)
  const proxy = await startProxy({
    routes: {
      text: JSON.stringify({
        issuers: [{ issuer: issuer.issuer, keys: { jwks: { keys: [issuer.key.jwk] } } }],
        audience,
        routes: [
          { path: '/read/**', scopes: ['api:read'], headers: { 'X-Team': 'blue' } },
          { path: '/write', scopes: ['api:write'] },
          { path: '/open/**', public: true },
        ],
      }),
    },
    upstream,
    currentTime: () => start * 1000,
    ...more,
  })
  context.after(() => proxy.close({ timeout: 0 }))
  return { ...issuer, proxy, upstream }
}

/** An API that says what it got. */
const mirror: RequestListener = async (request, response) => {
  const body = await readBody(request)
  const { method, url, rawHeaders } = request
  response.end(JSON.stringify({ method, url, headers: pairs(rawHeaders), body }))
}

const pairs = (lines: readonly string[]): [string, string][] => {
  const found: [string, string][] = []
  for (let index = 0; index < lines.length; index += 2)
    found.push([(lines[index] ?? '').toLowerCase(), lines[index + 1] ?? ''])
  return found
}

type Seen = {
  readonly method: string
  readonly url: string
  readonly headers: [string, string][]
  readonly body: string
}

const seen = (body: string): Seen & { one: (name: string) => string | undefined } => {
  const read = JSON.parse(body) as Seen
  return { ...read, one: (name) => read.headers.find(([key]) => key === name)?.[1] }
}

/** Writes bytes and reads until the other side closes. */
const raw = (url: string, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname, () => socket.write(text))
    let answer = ''
    socket.setEncoding('latin1').on('data', (piece) => {
      answer += piece
    })
    socket.on('close', () => resolve(answer)).on('error', reject)
  })

test('the API gets the request as it was sent, and who calls', async (context) => {
  const { proxy, sign } = await setUp(context, mirror)
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
  const { proxy, sign } = await setUp(context, (_, response) => {
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
  const { proxy, sign } = await setUp(context, mirror)
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
    'Proxy-Authorization': 'Basic eDp4',
    Connection: 'keep-alive, X-Private',
    'X-Private': '1',
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
  const { proxy } = await setUp(context, mirror, { trusted: ['127.0.0.0/8'], keepHost: true })
  const headers = { 'X-Forwarded-For': '192.0.2.7', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'api.example' }
  const got = seen((await ask(proxy.url, { path: '/open', headers })).body)
  assert.equal(got.one('x-forwarded-for'), '192.0.2.7, 127.0.0.1')
  assert.equal(got.one('x-forwarded-proto'), 'https')
  assert.equal(got.one('x-forwarded-host'), 'api.example')
  assert.equal(got.one('host'), new URL(proxy.url).host)
})

test('bodies travel as they come, both ways, with trailers', async (context) => {
  const { proxy } = await setUp(context, (request, response) => {
    response.writeHead(200, { Trailer: 'X-Sum', 'Content-Type': 'text/plain' })
    // Each piece is answered before the next is sent: nothing on the way waits for the whole.
    request.on('data', (piece: Buffer) => void response.write(String(piece).toUpperCase()))
    request.on('end', () => {
      response.addTrailers({ 'X-Sum': '2' })
      response.end()
    })
  })
  const { hostname, port } = new URL(proxy.url)
  const sent = request({ hostname, port, method: 'POST', path: '/open', agent: false })
  sent.write('one ')
  const response = await new Promise<IncomingMessage>((resolve) => sent.on('response', resolve))
  const pieces: string[] = []
  let trailers: NodeJS.Dict<string> = {}
  for await (const piece of response) {
    pieces.push(String(piece))
    if (pieces.length === 1) sent.end('two')
  }
  trailers = response.trailers
  assert.deepEqual(pieces, ['ONE ', 'TWO'])
  assert.deepEqual({ ...trailers }, { 'x-sum': '2' })
})

test('HEAD, 204 and 304 have no body, and keep their headers', async (context) => {
  const { proxy } = await setUp(context, (request, response) => {
    if (request.url === '/open/304') response.writeHead(304, { ETag: '"1"' }).end()
    else if (request.url === '/open/204') response.writeHead(204).end()
    else response.writeHead(200, { 'Content-Length': '5' }).end('hello')
  })
  const head = await ask(proxy.url, { method: 'HEAD', path: '/open' })
  assert.deepEqual([head.status, head.headers['content-length'], head.body], [200, '5', ''])
  assert.equal((await ask(proxy.url, { path: '/open/204' })).status, 204)
  assert.equal((await ask(proxy.url, { path: '/open/304' })).headers.etag, '"1"')
})

test('a caller that waits for 100 is told to go on only when it may', async (context) => {
  const { proxy } = await setUp(context, mirror)
  const post = (path: string) =>
    raw(
      proxy.url,
      `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi`,
    )
  assert.match(await post('/open'), /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK[\s\S]*"body":"hi"/)
  assert.match(await post('/read'), /^HTTP\/1.1 401 /)
})

test('what could be two messages is none', async (context) => {
  let reached = 0
  const { proxy } = await setUp(context, (_, response) => {
    reached += 1
    response.end()
  })
  const post = (lines: string, body: string) => raw(proxy.url, `POST /open HTTP/1.1\r\n${lines}\r\n\r\n${body}`)
  const smuggled = 'GET /write HTTP/1.1\r\nHost: x\r\n\r\n'
  const cases: readonly (readonly [string, string, number])[] = [
    ['Host: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked', `0\r\n\r\n${smuggled}`, 400],
    ['Host: x\r\nContent-Length: 3\r\nContent-Length: 4', 'abcd', 400],
    ['Host: x\r\nContent-Length: +3', 'abc', 400],
    ['Host: x\r\nTransfer-Encoding: xchunked', `0\r\n\r\n${smuggled}`, 501],
    ['Host: x\r\nTransfer-Encoding: gzip, chunked', '0\r\n\r\n', 501],
    ['Host: x\r\nTransfer-Encoding : chunked', '0\r\n\r\n', 400],
    ['Host: x\r\nTransfer-Encoding: chunked', `0;ext="\n"\r\n\r\n${smuggled}`, 400],
    ['Host: x\r\nHost: y\r\nContent-Length: 0', '', 400],
    ['Content-Length: 0', '', 400],
    ['Host: x\r\nX: a\rb\r\nContent-Length: 0', '', 400],
    ['Host: x\r\n folded: x\r\nContent-Length: 0', '', 400],
  ]
  for (const [lines, body, status] of cases) {
    const answer = await post(lines, body)
    assert.ok(answer.startsWith(`HTTP/1.1 ${status} `), `${JSON.stringify(lines)}: ${answer.slice(0, 40)}`)
    assert.equal(answer.match(/HTTP\/1\.1 /g)?.length, 1, lines)
  }
  assert.equal(reached, 0)
  const long = `GET /open HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`
  assert.match(await raw(proxy.url, long), /^HTTP\/1.1 431 /)
  const many = `GET /open HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(200)}\r\n`
  assert.match(await raw(proxy.url, many), /^HTTP\/1.1 431 /)
})

test('an API that is away is 502, one that is silent 504, and one that breaks off breaks off', async (context) => {
  const free = await listen(context, () => {})
  const gone = createServer()
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve))
  const { port } = gone.address() as AddressInfo
  await new Promise((resolve) => gone.close(resolve))
  const away = await setUp(context, `http://127.0.0.1:${port}`)
  const refused = await ask(away.proxy.url, { path: '/open' })
  assert.deepEqual([refused.status, JSON.parse(refused.body).error], [502, 'bad_gateway'])
  assert.match(away.proxy.metrics(), /upstream_failures_total\{reason="unreachable"\} 1/)

  const silent = await setUp(context, free, { upstreamTimeout: 50 })
  assert.equal((await ask(silent.proxy.url, { path: '/open' })).status, 504)

  const broken = await setUp(context, (_, response) => {
    response.writeHead(200, { 'Content-Length': '10' }).write('half', () => response.destroy())
  })
  await assert.rejects(ask(broken.proxy.url, { path: '/open' }))
})

test('a kept connection that the API closed is tried again, once and only for what can be repeated', async (context) => {
  let connections = 0
  const server = createSocketServer((socket) => {
    connections += 1
    let asked = 0
    socket.on('error', () => {})
    socket.on('data', () => {
      asked += 1
      if (asked === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      else socket.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  context.after(() => server.close())
  const { proxy } = await setUp(context, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  assert.equal((await ask(proxy.url, { path: '/open' })).status, 200)
  assert.equal((await ask(proxy.url, { path: '/open' })).status, 200)
  assert.equal(connections, 2)
  await ask(proxy.url, { path: '/open' })
  const post = await ask(proxy.url, { method: 'POST', path: '/open', body: 'x' })
  assert.ok(post.status === 502 || post.status === 200)
})

test('who gives up ends it for the API too', async (context) => {
  const closed = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  const { proxy } = await setUp(context, (request) => {
    request.on('close', closed.resolve)
    arrived.resolve()
  })
  const { hostname, port } = new URL(proxy.url)
  const sent = request({ hostname, port, path: '/open', agent: false }).on('error', () => {})
  sent.end()
  await arrived.promise
  sent.destroy()
  await closed.promise
})

test('an answer before the end of the body leaves the connection usable', async (context) => {
  const { proxy } = await setUp(context, (request, response) => {
    if (request.method === 'POST') response.writeHead(413).end('no')
    else response.end('yes')
  })
  const answer = await raw(
    proxy.url,
    `POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n${'a'.repeat(200_000)}GET /open HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
  )
  assert.match(answer, /^HTTP\/1.1 413 [\s\S]*HTTP\/1.1 200 OK[\s\S]*yes/)
})

test('at the end, what was accepted is answered', async (context) => {
  const arrived = Promise.withResolvers<() => void>()
  const { proxy } = await setUp(context, (_, response) => arrived.resolve(() => response.end('late')))
  const pending = ask(proxy.url, { path: '/open' })
  const finish = await arrived.promise
  const closing = proxy.close()
  finish()
  const answer = await pending
  assert.deepEqual([answer.status, answer.body, answer.headers.connection], [200, 'late', 'close'])
  assert.deepEqual(await closing, { cut: 0 })
  await assert.rejects(ask(proxy.url, { path: '/open' }))
})
