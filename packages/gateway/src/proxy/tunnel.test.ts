import assert from 'node:assert/strict'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { audience, localIssuer, start } from '../../../resource-server/test/local-issuer.ts'
import { startProxy } from './start-proxy.ts'

const asks =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

/** An API that switches protocols and then says everything back in capitals. */
const setUp = async (context: TestContext, now: () => number = () => start * 1000) => {
  const issuer = await localIssuer(context)
  const requests: IncomingMessage[] = []
  const api = createServer((_, response) => void response.writeHead(426).end('websocket only'))
  const sockets = new Set<Socket>()
  api.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    requests.push(request)
    sockets.add(socket)
    if (request.url === '/open/plain') {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno')
      return
    }
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Own: 1\r\n\r\n')
    if (head.length > 0) socket.write(String(head).toUpperCase())
    socket.on('data', (piece) => socket.write(String(piece).toUpperCase())).on('error', () => {})
  })
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
  context.after(() => {
    for (const socket of sockets) socket.destroy()
    api.close()
  })
  const proxy = await startProxy({
    routes: {
      text: JSON.stringify({
        issuers: [{ issuer: issuer.issuer, keys: { jwks: { keys: [issuer.key.jwk] } } }],
        audience,
        routes: [
          { path: '/read', scopes: ['api:read'] },
          { path: '/open/**', public: true },
        ],
      }),
    },
    upstream: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
    currentTime: now,
  })
  context.after(() => proxy.close({ timeout: 0 }))
  return { ...issuer, proxy, requests }
}

/** Speaks on one connection; `until` waits for a text to have come. */
const speak = (context: TestContext, url: string, text: string) => {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname, () => socket.write(text))
  context.after(() => socket.destroy())
  let heard = ''
  let check = (): void => {}
  socket.setEncoding('latin1').on('data', (piece) => {
    heard += piece
    check()
  })
  const closed = new Promise<string>((resolve) => socket.on('close', () => resolve(heard)))
  const until = (wanted: string) =>
    new Promise<string>((resolve) => {
      check = () => {
        if (heard.includes(wanted)) resolve(heard)
      }
      check()
    })
  return { socket, closed, until }
}

test('a WebSocket is opened with a good token, and passed on both ways', async (context) => {
  const { proxy, sign, requests } = await setUp(context)
  const head = `GET /read HTTP/1.1\r\nHost: x\r\nX-Mintmark-Client-Id: admin\r\nAuthorization: Bearer ${await sign()}\r\n${asks}\r\n`
  const { socket, until } = speak(context, proxy.url, `${head}early `)
  assert.match(await until('EARLY'), /^HTTP\/1.1 101 Switching Protocols\r\n[\s\S]*X-Own: 1/)
  socket.write('late')
  await until('LATE')
  assert.equal(requests[0]?.headers['x-mintmark-client-id'], 'cb')
})

test('without a good token there is none, and the API hears of nothing', async (context) => {
  const { proxy, requests } = await setUp(context)
  for (const [path, status] of [
    ['/read', 401],
    ['/nowhere', 403],
    ['/open/../read', 403],
  ] as const) {
    const { closed } = speak(context, proxy.url, `GET ${path} HTTP/1.1\r\nHost: x\r\n${asks}\r\n`)
    assert.match(await closed, new RegExp(`^HTTP/1.1 ${status} `))
  }
  assert.equal(requests.length, 0)
})

test('another protocol than WebSocket is refused', async (context) => {
  const { proxy, requests } = await setUp(context)
  for (const upgrade of ['h2c', 'websocket, h2c', 'TLS/1.0']) {
    const { closed } = speak(
      context,
      proxy.url,
      `GET /open HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\n`,
    )
    assert.match(await closed, /^HTTP\/1.1 501 /)
  }
  const { closed } = speak(context, proxy.url, `POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n${asks}\r\nhi`)
  assert.match(await closed, /^HTTP\/1.1 501 /)
  assert.equal(requests.length, 0)
})

test('an API that does not switch has its answer passed on', async (context) => {
  const { proxy } = await setUp(context)
  const { closed } = speak(context, proxy.url, `GET /open/plain HTTP/1.1\r\nHost: x\r\n${asks}\r\n`)
  assert.match(await closed, /^HTTP\/1.1 403 [\s\S]*no$/)
})

test('a WebSocket ends with the token that opened it', async (context) => {
  const issued = { late: 0 }
  const { proxy, sign } = await setUp(context, () => start * 1000 + issued.late)
  // Within the leeway of clocks the token is good, and its time is over.
  issued.late = 300_000
  const token = await sign()
  const { closed } = speak(
    context,
    proxy.url,
    `GET /read HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n${asks}\r\n`,
  )
  assert.match(await closed, /^HTTP\/1.1 101 /)
})
