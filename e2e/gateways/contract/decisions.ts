import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arrivedIn, bearer, valuesOf } from './arrived.ts'
import { pathTricks } from './path-tricks.ts'
import type { Stage } from './stage.ts'

const overrides = [
  'X-HTTP-Method-Override',
  'X-HTTP-Method',
  'X-Method-Override',
  'X-Original-URL',
  'X-Rewrite-URL',
  'SCRIPT_NAME',
  'PATH_INFO',
]

/** What is refused is refused with the answer of RFC 6750, and nothing of it reaches the API. */
export const decisionContract = ({ ask, askInVain, arrivals, workspace }: Stage): void => {
  test('without a token it is 401 with a challenge that names no error', async () => {
    const { status, headers, body } = await askInVain({ target: '/orders/1' })
    assert.equal(status, 401)
    assert.equal(headers['www-authenticate'], 'Bearer realm="https://orders.example"')
    assert.equal(headers['cache-control'], 'no-store')
    assert.match(String(headers['mintmark-reference']), /^\w+$/)
    assert.equal(JSON.parse(body).error, 'unauthorized')
  })

  test('a token that is none is 401 invalid_token', async () => {
    for (const token of ['x', 'eyJhbGciOiJub25lIn0.e30.', 'mmk_at_0000000000000000000000000000000000000000000']) {
      const { status, headers, body } = await askInVain({ target: '/orders/1', headers: bearer(token) })
      assert.equal(status, 401)
      assert.match(String(headers['www-authenticate']), /error="invalid_token"/)
      assert.equal(JSON.parse(body).error, 'invalid_token')
    }
  })

  test('a token of another API is 401', async () => {
    const token = await workspace.token('shop', 'reports:read')
    assert.equal((await askInVain({ target: '/orders/1', headers: bearer(token) })).status, 401)
  })

  test('two tokens are refused', async () => {
    const token = await workspace.token('shop', 'orders:read')
    const { status } = await askInVain({
      target: '/orders/1',
      headers: { Authorization: [`Bearer ${token}`, 'Bearer x'] },
    })
    assert.ok(status === 401 || status === 400)
  })

  test('a token without the scope is 403 insufficient_scope, and the challenge names the scope', async () => {
    const token = await workspace.token('shop', 'orders:read')
    for (const [method, target, scope] of [
      ['GET', '/admin/users', 'orders:admin'],
      ['POST', '/orders', 'orders:write'],
    ] as const) {
      const { status, headers, body } = await askInVain({ method, target, headers: bearer(token) })
      assert.equal(status, 403)
      assert.match(String(headers['www-authenticate']), new RegExp(`error="insufficient_scope".*scope="${scope}"`))
      assert.equal(headers['cache-control'], 'no-store')
      assert.match(String(headers['mintmark-reference']), /^\w+$/)
      assert.equal(JSON.parse(body).error, 'insufficient_scope')
    }
  })

  test('what has no route is refused whatever the token', async () => {
    const token = await workspace.token('shop', 'orders:read orders:write orders:admin')
    for (const target of ['/', '/other', '/orders-of-others', '/favicon.ico']) {
      const { status, headers } = await askInVain({ target, headers: bearer(token) })
      assert.deepEqual([status, headers['www-authenticate']], [403, undefined])
    }
    for (const method of ['DELETE', 'PUT', 'PATCH', 'OPTIONS', 'PROPFIND']) {
      assert.equal((await askInVain({ method, target: '/orders/1', headers: bearer(token) })).status, 403)
    }
  })

  test('headers that override the method or the path are refused, or do not reach the API', async () => {
    const token = await workspace.token('shop', 'orders:read')
    for (const name of overrides) {
      const value = name.endsWith('URL') ? '/admin/users' : 'DELETE'
      const answer = await ask({ target: '/orders/1', headers: { ...bearer(token), [name]: value } })
      if (answer.status !== 200) {
        assert.deepEqual([name, answer.status, answer.headers['x-api']], [name, 403, undefined])
        continue
      }
      assert.deepEqual(valuesOf(arrivedIn(answer), name.toLowerCase()), [])
    }
  })

  test('what the outside says of method, path and host in headers is not believed', async () => {
    const token = await workspace.token('shop', 'orders:read')
    for (const beginning of ['X-Forwarded', 'X-Original']) {
      const lies = {
        [`${beginning}-Method`]: 'GET',
        [`${beginning}-Uri`]: '/orders/1',
        [`${beginning}-Host`]: 'orders.example',
      }
      const request = { method: 'DELETE', target: '/admin/users', headers: { ...bearer(token), ...lies } }
      assert.equal((await askInVain(request)).status, 403)
      const twice = Object.fromEntries(Object.entries(lies).map(([name, value]) => [name, [value, value]]))
      assert.ok((await askInVain({ ...request, headers: { ...bearer(token), ...twice } })).status >= 400)
    }
  })

  test('paths that some server reads as another never reach the API', async () => {
    const token = await workspace.token('shop', 'orders:read')
    const before = arrivals().length
    for (const target of pathTricks) {
      for (const method of ['GET', 'POST']) {
        const answer = await ask({ method, target, headers: bearer(token) }).catch((error: Error) => error)
        // Whether it is a bad request or a forbidden one is told differently; that it is refused is not.
        if (answer instanceof Error) continue
        const refused = answer.status >= 400 && answer.status < 500
        // Some servers answer OPTIONS * and the like by themselves.
        assert.ok(refused, `${method} ${target} was answered ${answer.status}: ${answer.body}`)
      }
    }
    assert.deepEqual(arrivals().slice(before), [])
  })

  test('the route itself is open to who has its scope', async () => {
    const token = await workspace.token('shop', 'orders:admin')
    const arrived = arrivedIn(await ask({ method: 'DELETE', target: '/admin/users', headers: bearer(token) }))
    assert.deepEqual([arrived.method, arrived.target], ['DELETE', '/admin/users'])
  })
}
