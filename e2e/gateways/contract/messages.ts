import assert from 'node:assert/strict'
import { Agent } from 'node:http'
import { test } from 'node:test'
import { arrivedIn, bearer, valuesOf } from './arrived.ts'
import { hiddenRequestFramings, sendBytes } from './hidden-request.ts'
import type { Stage } from './stage.ts'

/** Bodies, connections, and requests at the same time. */
export const messageContract = ({ ask, askInVain, arrivals, url, workspace }: Stage): void => {
  test('HEAD is asked about and answered as HEAD', async () => {
    const token = await workspace.token('shop', 'orders:read')
    const before = arrivals().length
    assert.equal((await ask({ method: 'HEAD', target: '/orders/1', headers: bearer(token) })).status, 200)
    assert.deepEqual(arrivals().slice(before), [{ method: 'HEAD', target: '/orders/1' }])
    const refused = await askInVain({ method: 'HEAD', target: '/orders/1' })
    assert.deepEqual([refused.status, refused.body], [401, ''])
    assert.match(String(refused.headers['www-authenticate']), /^Bearer /)
  })

  test('a large body arrives whole', async () => {
    const token = await workspace.token('shop', 'orders:write')
    const part = Buffer.alloc(65_536, 'x')
    const body = Array.from({ length: 160 }, () => part)
    for (const length of [{ 'Content-Length': 160 * 65_536 }, { 'Transfer-Encoding': 'chunked' }]) {
      const answer = await ask({ method: 'POST', target: '/orders', headers: { ...bearer(token), ...length }, body })
      assert.deepEqual([answer.status, arrivedIn(answer).bytes], [200, 160 * 65_536])
    }
  })

  test('a body that is still being sent is passed on', async () => {
    const token = await workspace.token('shop', 'orders:write')
    const before = arrivals().length
    const body = async function* () {
      yield Buffer.from('first')
      while (arrivals().length === before) await new Promise((resolve) => setTimeout(resolve, 5))
      yield Buffer.from('last')
    }
    const headers = { ...bearer(token), 'Transfer-Encoding': 'chunked' }
    assert.equal(arrivedIn(await ask({ method: 'POST', target: '/orders', headers, body: body() })).bytes, 9)
  })

  test('a request hidden in the body of another never reaches the API', async () => {
    const good = await workspace.token('shop', 'orders:write')
    const before = arrivals().length
    const hidden = `GET /admin/users HTTP/1.1\r\nHost: orders.example\r\nAuthorization: Bearer ${good}\r\n\r\n`
    for (const framing of hiddenRequestFramings(hidden)) {
      const head = `POST /orders HTTP/1.1\r\nHost: orders.example\r\nAuthorization: Bearer ${good}\r\n`
      await sendBytes(url(), `${head}${framing}`)
    }
    assert.deepEqual(
      arrivals()
        .slice(before)
        .filter(({ target }) => target.startsWith('/admin')),
      [],
    )
    // Connections of the gateway to verifier and API are in step.
    assert.equal((await ask({ method: 'POST', target: '/orders', headers: bearer(good) })).status, 200)
    assert.equal((await askInVain({ target: '/admin/users', headers: bearer(good) })).status, 403)
  })

  test('HTTP/2 on the same connection (h2c) is not offered to the API', async () => {
    const token = await workspace.token('shop', 'orders:read')
    const headers = { Connection: 'Upgrade, HTTP2-Settings', Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAAQAAP__' }
    const answer = await ask({ target: '/orders/1', headers: { ...bearer(token), ...headers } })
    if (answer.status !== 200) return assert.equal(answer.headers['x-api'], undefined)
    // An API may switch for who sends both only (RFC 7540 §3.2).
    const arrived = arrivedIn(answer)
    assert.ok(['upgrade', 'http2-settings'].some((name) => valuesOf(arrived, name).length === 0))
  })

  test('on one connection every request is decided for itself', async () => {
    const good = await workspace.token('shop', 'orders:read')
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let round = 0; round < 10; round += 1) {
      assert.equal((await ask({ target: '/orders/1', headers: bearer(good), agent })).status, 200)
      assert.equal((await askInVain({ target: '/orders/1', agent })).status, 401)
      assert.equal((await askInVain({ target: '/admin/1', headers: bearer(good), agent })).status, 403)
    }
    agent.destroy()
  })

  test('requests at the same time are not taken for one another', async () => {
    const clients = ['shop', 'warehouse'] as const
    const tokens = await Promise.all(clients.map((client) => workspace.token(client, 'orders:read')))
    const agent = new Agent({ keepAlive: true, maxSockets: 10 })
    await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const which = index % 3
        const headers = which === 2 ? {} : bearer(tokens[which] ?? '')
        const answer = await ask({ target: `/orders/${index}`, headers, agent })
        if (which === 2) return assert.equal(answer.status, 401)
        const arrived = arrivedIn(answer)
        assert.deepEqual(
          [arrived.target, valuesOf(arrived, 'x-mintmark-subject')],
          [`/orders/${index}`, [clients[which]]],
        )
      }),
    )
    agent.destroy()
  })
}
