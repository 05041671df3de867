import assert from 'node:assert/strict'
import { connect, type IncomingHttpHeaders, type IncomingHttpStatusHeader, type OutgoingHttpHeaders } from 'node:http2'
import { test } from 'node:test'
import { valuesOf } from './arrived.ts'
import { pathTricks } from './path-tricks.ts'
import type { Arrived } from './recording-api.ts'
import type { Stage } from './stage.ts'

type Http2Answer = { readonly headers: IncomingHttpHeaders & IncomingHttpStatusHeader; readonly body: string }

/** One request on a connection of its own; undefined when the server ended it without an answer. */
const ask = (base: string, headers: OutgoingHttpHeaders): Promise<Http2Answer | undefined> =>
  new Promise((resolve) => {
    const session = connect(base)
    let answer: Http2Answer | undefined
    session.on('error', () => session.destroy())
    session.once('close', () => resolve(answer))
    const stream = session.request({ ':authority': 'orders.example', ...headers })
    stream.on('error', () => session.destroy())
    stream.on('response', (received) => {
      let body = ''
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk
      })
      stream.on('end', () => {
        answer = { headers: received, body }
        session.close()
      })
    })
    stream.once('close', () => session.destroy())
    stream.end()
  })

/** HTTP/2 says method and path otherwise than HTTP/1; it is decided the same. */
export const http2Contract = ({ front, arrivals, url, workspace }: Stage): void => {
  const skip = front.http2 ? false : 'its configuration speaks HTTP/2 with TLS only, or not at all'

  test('over HTTP/2 a request arrives as it was sent, and who calls', { skip }, async () => {
    const token = await workspace.token('shop', 'orders:read')
    const path = '/orders/a%20b%2Cc/7?x=%2Fadmin'
    const forged = { 'x-mintmark-subject': 'forged', 'x-mintmark-scope': 'orders:admin' }
    const answer = await ask(url(), { ':path': path, authorization: `Bearer ${token}`, ...forged })
    assert.equal(answer?.headers[':status'], 200)
    const arrived = JSON.parse(answer.body) as Arrived
    assert.deepEqual([arrived.method, arrived.target], ['GET', path])
    assert.deepEqual(valuesOf(arrived, 'x-mintmark-subject'), ['shop'])
    assert.deepEqual(valuesOf(arrived, 'x-mintmark-scope'), ['orders:read'])
  })

  test('over HTTP/2 what must be refused is refused, and paths that some server reads as another', {
    skip,
  }, async () => {
    const token = await workspace.token('shop', 'orders:read')
    const before = arrivals().length
    const none = await ask(url(), { ':path': '/orders/1' })
    assert.equal(none?.headers[':status'], 401)
    assert.equal(none.headers['www-authenticate'], 'Bearer realm="https://orders.example"')
    for (const path of ['/admin/users', ...pathTricks]) {
      const answer = await ask(url(), { ':path': path, authorization: `Bearer ${token}` })
      const status = answer?.headers[':status'] ?? 400
      assert.ok(status >= 400 && status < 500, `${path} was answered ${status}`)
    }
    assert.deepEqual(arrivals().slice(before), [])
  })
}
