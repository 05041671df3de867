import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, createServer as createSocketServer } from 'node:net'
import { test } from 'node:test'
import { listen } from '../../../client/test/local-server.ts'
import { ask } from '../../test/ask.ts'
import { localProxy, mirror, raw } from '../../test/local-proxy.ts'

test('bodies travel as they come, both ways, with trailers', async (context) => {
  const { proxy } = await localProxy(context, (request, response) => {
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
  const { proxy } = await localProxy(context, (request, response) => {
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
  const { proxy } = await localProxy(context, mirror)
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
  const { proxy } = await localProxy(context, (_, response) => {
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
    ['Host: x/../<y>\r\nContent-Length: 0', '', 400],
    ['Host: user@x\r\nContent-Length: 0', '', 400],
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
  const away = await localProxy(context, `http://127.0.0.1:${port}`)
  const refused = await ask(away.proxy.url, { path: '/open' })
  assert.deepEqual([refused.status, JSON.parse(refused.body).error], [502, 'bad_gateway'])
  assert.match(away.proxy.metrics(), /upstream_failures_total\{reason="unreachable"\} 1/)

  const silent = await localProxy(context, free, { upstreamTimeout: 50 })
  assert.equal((await ask(silent.proxy.url, { path: '/open' })).status, 504)

  const broken = await localProxy(context, (_, response) => {
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
  const { proxy } = await localProxy(context, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
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
  const { proxy } = await localProxy(context, (request) => {
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
  const { proxy } = await localProxy(context, (request, response) => {
    if (request.method === 'POST') response.writeHead(413).end('no')
    else response.end('yes')
  })
  const answer = await raw(
    proxy.url,
    `POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n${'a'.repeat(200_000)}GET /open HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
  )
  assert.match(answer, /^HTTP\/1.1 413 [\s\S]*HTTP\/1.1 200 OK[\s\S]*yes/)
})
