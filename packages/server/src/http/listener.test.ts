import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { converse, parseAnswers } from '../../test/raw-http.ts'
import type { HttpRequest } from '../lib/message.ts'
import { json } from '../lib/message.ts'
import { type ConnectionProblem, createListener, type Limits } from './listener.ts'
import type { HandleRequest } from './router.ts'

const limits: Limits = {
  body: 1024,
  headers: 8192,
  connections: 100,
  headersTimeout: 300,
  requestTimeout: 600,
  keepAliveTimeout: 2000,
}

/** Answers with what it was asked. */
const echo: HandleRequest = async ({ method, path, query, body }) =>
  json(200, { method, path, query, length: body.length }, { 'cache-control': 'no-store' })

const start = async (
  context: TestContext,
  { handle = echo, changed = {} }: { readonly handle?: HandleRequest; readonly changed?: Partial<Limits> } = {},
) => {
  const problems: ConnectionProblem[] = []
  const listener = createListener({
    host: '127.0.0.1',
    port: 0,
    tls: undefined,
    limits: { ...limits, ...changed },
    handle,
    onProblem: (problem) => problems.push(problem),
  })
  const port = await listener.listen()
  let closed = false
  const close = async (timeout = 1000): Promise<number> => {
    closed = true
    return listener.close(timeout)
  }
  context.after(async () => {
    if (!closed) await close(0)
  })
  return { port, problems, close, drain: listener.drain }
}

const assertHygienic = (headers: Readonly<Record<string, string>>): void => {
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.equal(headers['x-frame-options'], 'DENY')
  assert.match(headers['content-security-policy'] ?? '', /default-src 'none'/)
  assert.match(headers['cache-control'] ?? '', /no-store/)
  assert.equal(headers.server, undefined)
  assert.equal(headers['x-powered-by'], undefined)
  assert.equal(headers['access-control-allow-origin'], undefined)
}

const post = (headers: string, body = ''): string => `POST /x HTTP/1.1\r\nhost: a\r\n${headers}\r\n${body}`

/** What must be refused, how, and whether the connection must end. */
const refused: readonly [string, string, number][] = [
  ['SEC-189: a thousand header lines', `GET / HTTP/1.1\r\nhost: a\r\n${'a: 1\r\n'.repeat(1000)}\r\n`, 431],
  ['SEC-189: a single header of 64 KiB', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(65_536)}\r\n\r\n`, 431],
  ['SEC-189: a URL of 64 KiB', `GET /${'a'.repeat(65_536)} HTTP/1.1\r\nhost: a\r\n\r\n`, 431],
  [
    'SEC-189: an Authorization of 16 KiB',
    `GET / HTTP/1.1\r\nhost: a\r\nauthorization: Basic ${'a'.repeat(16_384)}\r\n\r\n`,
    431,
  ],
  ['bytes that are not HTTP', '\u0000\u0001\u0002garbage\r\n\r\n', 400],
  ['a TLS hello on a port without TLS', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003', 400],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['a method nobody knows', 'FROBNICATE / HTTP/1.1\r\nhost: a\r\n\r\n', 400],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['two Hosts', 'GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n', 400],
  [
    'both Content-Length and Transfer-Encoding',
    post('content-length: 4\r\ntransfer-encoding: chunked\r\n', '0\r\n\r\n'),
    400,
  ],
  ['two Content-Lengths', post('content-length: 4\r\ncontent-length: 5\r\n', 'abcde'), 400],
  ['a Content-Length that is no number', post('content-length: 4x\r\n', 'abcd'), 400],
  ['a negative Content-Length', post('content-length: -1\r\n'), 400],
  ['a Content-Length beyond all numbers', post('content-length: 99999999999999999999999\r\n'), 400],
  ['a Transfer-Encoding we do not know', post('transfer-encoding: xchunked\r\n', '0\r\n\r\n'), 400],
  ['chunked not last', post('transfer-encoding: chunked, identity\r\n', '0\r\n\r\n'), 400],
  ['a chunk size that is no number', post('transfer-encoding: chunked\r\n', 'zz\r\nabc\r\n0\r\n\r\n'), 400],
  ['a space before the colon of a header', post('content-length : 4\r\n', 'abcd'), 400],
  ['a folded header', 'GET / HTTP/1.1\r\nhost: a\r\nx: 1\r\n 2\r\n\r\n', 400],
  ['a NUL in a header', 'GET / HTTP/1.1\r\nhost: a\r\nx: a\u0000b\r\n\r\n', 400],
  ['a body of a type that is none', post('content-type: ;;;\r\ncontent-length: 4\r\n', 'abcd'), 415],
  ['a compressed body', post('content-encoding: gzip\r\ncontent-length: 4\r\n', 'abcd'), 415],
  ['a body beyond the limit, by its Content-Length', post('content-length: 10000000\r\n', 'a'.repeat(2000)), 413],
  ['a body beyond the limit, in chunks', post('transfer-encoding: chunked\r\n', `fff\r\n${'a'.repeat(4095)}\r\n`), 413],
  ['a body beyond the limit, announced with Expect', post('expect: 100-continue\r\ncontent-length: 10000000\r\n'), 413],
  ['an expectation we cannot meet', post('expect: 200-ok\r\ncontent-length: 0\r\n'), 417],
  ['CONNECT', 'CONNECT example.com:443 HTTP/1.1\r\nhost: example.com:443\r\n\r\n', 405],
]

for (const [name, sent, status] of refused) {
  test(`refused with ${status}: ${name}`, async (context) => {
    const { port } = await start(context)
    const { answers, text } = await converse(port, Buffer.from(sent, 'latin1'), {
      until: (received) => parseAnswers(received).length > 0,
    })
    const [answer, ...others] = answers
    assert.ok(answer, text)
    assert.deepEqual(others, [])
    assert.equal(answer.status, status)
    assertHygienic(answer.headers)
    assert.match(answer.headers['content-type'] ?? '', /^application\/json/)
    const body = JSON.parse(answer.body) as Record<string, unknown>
    assert.deepEqual(Object.keys(body), ['error', 'error_description'])
    assert.equal(body.error, 'invalid_request')
    assert.doesNotMatch(answer.body, /at |FST|HPE|node:/)
    const again = await fetch(`http://127.0.0.1:${port}/again`)
    assert.equal(again.status, 200)
  })
}

/** What must be answered, though few send it. */
const answered: readonly [
  string,
  string,
  Partial<Pick<HttpRequest, 'method' | 'path' | 'query'>> & { length?: number },
][] = [
  ['an absolute target', 'GET http://a.example/x/y?z=1 HTTP/1.1\r\nhost: a\r\n\r\n', { path: '/x/y', query: 'z=1' }],
  [
    'an absolute target without a path',
    'GET http://a.example?z=1 HTTP/1.1\r\nhost: a\r\n\r\n',
    { path: '/', query: 'z=1' },
  ],
  ['a bad percent in the path', 'GET /%zz/%ff%00 HTTP/1.1\r\nhost: a\r\n\r\n', { path: '/%zz/%ff%00', query: '' }],
  ['encoded slashes and dots, as sent', 'GET /a%2fb/../c//d HTTP/1.1\r\nhost: a\r\n\r\n', { path: '/a%2fb/../c//d' }],
  ['the asterisk', 'OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n', { method: 'OPTIONS', path: '*' }],
  [
    'TRACE, which never echoes headers',
    'TRACE /x HTTP/1.1\r\nhost: a\r\nauthorization: Basic abc\r\n\r\n',
    { method: 'TRACE' },
  ],
  ['a method of WebDAV', 'PROPFIND /x HTTP/1.1\r\nhost: a\r\n\r\n', { method: 'PROPFIND' }],
  [
    'QUERY without a type',
    'QUERY /x HTTP/1.1\r\nhost: a\r\ncontent-type: a/b\r\ncontent-length: 1\r\n\r\na',
    { method: 'QUERY' },
  ],
  [
    'an upgrade, which is ignored',
    'GET /x HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    { path: '/x' },
  ],
  ['HTTP/1.0 without Host', 'GET /x HTTP/1.0\r\n\r\n', { path: '/x' }],
  ['a body without a type', post('content-length: 4\r\n', 'abcd'), { length: 4 }],
  ['a chunked body', post('transfer-encoding: chunked\r\n', '4\r\nabcd\r\n0\r\n\r\n'), { length: 4 }],
  ['an empty line before the request', '\r\nGET /x HTTP/1.1\r\nhost: a\r\n\r\n', { path: '/x' }],
  ['Expect: 100-continue', post('expect: 100-continue\r\ncontent-length: 4\r\n', 'abcd'), { length: 4 }],
]

for (const [name, sent, expected] of answered) {
  test(`answered: ${name}`, async (context) => {
    const { port } = await start(context)
    const { answers, text } = await converse(port, sent, { until: (received) => parseAnswers(received).length > 0 })
    assert.equal(answers[0]?.status, 200, text)
    assertHygienic(answers[0]?.headers ?? {})
    const body = JSON.parse(answers[0]?.body ?? '') as Record<string, unknown>
    assert.deepEqual({ ...body, ...expected }, body)
  })
}

test('a caller that sends ten megabytes at once can read its 413', async (context) => {
  const { port, problems } = await start(context)
  const body = Buffer.alloc(10_000_000, 97)
  const { answers } = await converse(port, (socket) => {
    socket.write(`POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n`)
    socket.write(body)
  })
  assert.equal(answers[0]?.status, 413)
  assert.equal(answers[0]?.headers.connection, 'close')
  assert.deepEqual(problems, ['too-large'])
})

test('HEAD has the headers of GET and no body', async (context) => {
  const { port } = await start(context)
  const response = await fetch(`http://127.0.0.1:${port}/x`, { method: 'HEAD' })
  assert.equal(response.status, 200)
  assert.equal(await response.text(), '')
})

test('pipelined requests are answered in order, and garbage after them ends the connection after their answers', async (context) => {
  const { port } = await start(context, {
    handle: async (request) => {
      if (request.path === '/slow') await delay(50)
      return echo(request)
    },
  })
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`
  const { answers, ended } = await converse(port, `${get('/slow')}${get('/fast')}!!!garbage\r\n\r\n`)
  assert.deepEqual(
    answers.map(({ status, body }) => [status, (JSON.parse(body) as { path?: string }).path]),
    [
      [200, '/slow'],
      [200, '/fast'],
      [400, undefined],
    ],
  )
  assert.equal(ended, 'closed')
})

const slow: readonly [string, (write: (text: string) => void) => void, number][] = [
  ['headers', (write) => write('G'), 300],
  ['nothing at all', () => {}, 300],
  ['a body', (write) => write('POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\na'), 600],
]
for (const [name, begin, timeout] of slow) {
  test(`SEC-188: a caller that sends ${name} too slowly gets 408 at the timeout, and others are served meanwhile`, async (context) => {
    const { port, problems } = await start(context)
    const conversations = Array.from({ length: 50 }, () =>
      converse(port, (socket) => begin((text) => socket.write(text)), { patience: 5000 }),
    )
    const began = performance.now()
    const other = await fetch(`http://127.0.0.1:${port}/other`)
    assert.equal(other.status, 200)
    assert.ok(performance.now() - began < 2000)
    for (const { answers, ended, milliseconds } of await Promise.all(conversations)) {
      assert.equal(answers[0]?.status, 408)
      assert.equal(ended, 'closed')
      assert.ok(milliseconds > timeout - 100 && milliseconds < timeout + 2500, String(milliseconds))
    }
    assert.deepEqual([...new Set(problems)], ['timed-out'])
  })
}

test('an idle connection is closed after the keep-alive time', async (context) => {
  const { port } = await start(context, { changed: { keepAliveTimeout: 200 } })
  const { ended, answers } = await converse(port, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n', { patience: 4000 })
  assert.equal(answers[0]?.status, 200)
  assert.equal(ended, 'closed')
})

test('SEC-191: connections beyond the ceiling are closed at once, and there is room again when others close', async (context) => {
  const { port, problems } = await start(context, {
    changed: { connections: 20, headersTimeout: 5000, requestTimeout: 5000 },
  })
  const held = Array.from({ length: 20 }, () => {
    let release = (): void => {}
    const conversation = converse(
      port,
      (socket) => {
        socket.write('GET /')
        release = () => socket.destroy()
      },
      { patience: 4000 },
    )
    return { conversation, release: () => release() }
  })
  await delay(100)
  const excess = await Promise.all(
    Array.from({ length: 50 }, () => converse(port, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n')),
  )
  for (const { ended, milliseconds, answers } of excess) {
    assert.deepEqual(answers, [])
    assert.notEqual(ended, 'open')
    assert.ok(milliseconds < 1000)
  }
  assert.equal(problems.filter((problem) => problem === 'over-limit').length, 50)
  for (const { release } of held) release()
  await delay(50)
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })
  assert.equal(response.status, 200)
})

test('a handler that throws gives 500 without a word about it, and the listener goes on', async (context) => {
  const { port } = await start(context, {
    handle: async () => {
      throw new Error('the-inner-word')
    },
  })
  const response = await fetch(`http://127.0.0.1:${port}/`)
  assert.equal(response.status, 500)
  assertHygienic(Object.fromEntries(response.headers))
  assert.deepEqual(await response.json(), {
    error: 'server_error',
    error_description: 'The server failed to process the request.',
  })
})

test('REL-035: while draining, answers ask to close; what was accepted is answered; idle and silent connections end', async (context) => {
  const arrived = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const { port, drain, close } = await start(context, {
    handle: async (request) => {
      if (request.path !== '/slow') return echo(request)
      arrived.resolve()
      await release.promise
      return echo(request)
    },
  })
  const idle = converse(port, 'GET /first HTTP/1.1\r\nhost: a\r\n\r\n')
  const silent = converse(port, () => {})
  const slowly = converse(port, 'GET /slow HTTP/1.1\r\nhost: a\r\n\r\n')
  await arrived.promise
  drain()
  const during = await fetch(`http://127.0.0.1:${port}/during`)
  assert.equal(during.status, 200)
  assert.equal(during.headers.get('connection'), 'close')
  const closing = close(2000)
  assert.equal((await idle).ended, 'closed')
  assert.notEqual((await silent).ended, 'open')
  await assert.rejects(fetch(`http://127.0.0.1:${port}/after`))
  release.resolve()
  const { answers } = await slowly
  assert.equal(answers[0]?.status, 200)
  assert.equal(answers[0]?.headers.connection, 'close')
  assert.equal(await closing, 0)
})

test('REL-035: what is not finished at the drain timeout is cut and counted', async (context) => {
  const arrived = Promise.withResolvers<void>()
  const { port, close } = await start(context, {
    handle: async () => {
      arrived.resolve()
      return new Promise(() => {})
    },
  })
  const stuck = converse(port, 'GET /stuck HTTP/1.1\r\nhost: a\r\n\r\n')
  await arrived.promise
  assert.equal(await close(100), 1)
  assert.deepEqual((await stuck).answers, [])
})
