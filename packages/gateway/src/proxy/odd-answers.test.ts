import assert from 'node:assert/strict'
import { type AddressInfo, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { ask } from '../../test/ask.ts'
import { localProxy, raw } from '../../test/local-proxy.ts'

/** An API that answers everything with these bytes. */
const answering = async (context: TestContext, bytes: string): Promise<string> => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', () => void socket.write(bytes, 'latin1'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  context.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const get = 'GET /open HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
const upgrade = 'GET /open HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
const chunked = 'Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n'
const body = '2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n'

test('trailers for a caller that can have none are left out, and the proxy goes on', async (context) => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['GET /open HTTP/1.0\r\n\r\n', `HTTP/1.1 200 OK\r\n${chunked}${body}`, /^HTTP\/1.1 200 OK\r\n[\s\S]*\r\n\r\nok$/],
    [get.replace('GET', 'HEAD'), `HTTP/1.1 200 OK\r\n${chunked}`, /^HTTP\/1.1 200 OK\r\n[\s\S]*\r\n\r\n$/],
    [get, `HTTP/1.1 304 Not Modified\r\n${chunked}`, /^HTTP\/1.1 304 Not Modified\r\n[\s\S]*\r\n\r\n$/],
    [get, `HTTP/1.1 204 No Content\r\n${chunked}`, /^HTTP\/1.1 204 No Content\r\n[\s\S]*\r\n\r\n$/],
  ]
  for (const [request, answer, expected] of cases) {
    const { proxy } = await localProxy(context, await answering(context, answer))
    for (let times = 0; times < 2; times += 1) {
      const heard = await raw(proxy.url, request)
      assert.match(heard, expected)
      assert.doesNotMatch(heard, /trailer|x-sum/i)
    }
  }
})

test('an answer with a status that is none is 502', async (context) => {
  for (const status of ['000', '099']) {
    const { proxy } = await localProxy(
      context,
      await answering(context, `HTTP/1.1 ${status} OK\r\nContent-Length: 2\r\n\r\nok`),
    )
    for (const request of [get, upgrade]) {
      const heard = await raw(proxy.url, request)
      assert.match(heard, /^HTTP\/1.1 502 [\s\S]*"error":"bad_gateway"/)
      assert.equal(heard.match(/HTTP\/1.1/g)?.length, 1)
    }
  }
})

test('a reason with control characters is left out', async (context) => {
  const api = await answering(context, 'HTTP/1.1 200 O\x01K\r\nContent-Length: 2\r\n\r\nok')
  const { proxy } = await localProxy(context, api)
  assert.match(await raw(proxy.url, get), /^HTTP\/1.1 200 \r\n[\s\S]*\r\n\r\nok$/)
})

test('a connection to the API that is owed the rest of a body ends with the early answer', async (context) => {
  const closed = Promise.withResolvers<void>()
  const { proxy } = await localProxy(context, (request, response) => {
    if (request.method === 'GET') return void response.end('ok')
    request.socket.on('close', () => closed.resolve())
    response.writeHead(413, { 'Content-Length': 0 }).end()
  })
  const head = 'POST /open HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 200\r\n\r\n'
  assert.match(await raw(proxy.url, `${head}begun`), /^HTTP\/1.1 413 /)
  await closed.promise
  assert.equal((await ask(proxy.url, { path: '/open' })).body, 'ok')
})
