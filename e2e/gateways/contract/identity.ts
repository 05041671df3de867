import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arrivedIn, bearer, valuesOf } from './arrived.ts'
import type { Stage } from './stage.ts'

const identityNames = ['client-id', 'subject', 'scope', 'issuer', 'audience', 'expires'].map(
  (name) => `x-mintmark-${name}`,
)

/** What the outside sends under the names of ours, in the spellings that servers take for one another. */
const forged = {
  'X-Mintmark-Client-Id': 'forged',
  'x-mintmark-subject': ['forged', 'forged too'],
  'X-MINTMARK-SCOPE': 'orders:admin',
  'X-Mintmark-Issuer': 'forged',
  'X-Mintmark-Audience': 'forged',
  'X-Mintmark-Expires': '9999999999',
}
const others = ['X_Mintmark_Subject', 'X-Mintmark_Subject', 'x_mintmark-client_id', 'X-Mintmark-Roles']

const folded = (name: string) => name.replace(/[^a-z0-9]/g, '-')

/** The API learns who calls from the gateway, and from nobody else. */
export const identityContract = ({ ask, workspace }: Stage): void => {
  test('a token with the scope is let in: method, path and query arrive as they were sent, and who calls', async () => {
    const token = await workspace.token('shop', 'orders:read')
    const target = '/orders/a%20b%2Cc/7,8?x=%2Fadmin&y=1%202&z'
    const answer = await ask({ target, headers: { ...bearer(token), ...forged } })
    assert.equal(answer.status, 200)
    const arrived = arrivedIn(answer)
    assert.deepEqual([arrived.method, arrived.target], ['GET', target])
    assert.deepEqual(valuesOf(arrived, 'authorization'), [`Bearer ${token}`])
    const expected = ['shop', 'shop', 'orders:read', workspace.issuer, 'https://orders.example']
    for (const [index, value] of expected.entries()) {
      assert.deepEqual(valuesOf(arrived, identityNames[index] ?? ''), [value])
    }
    const [expires = ''] = valuesOf(arrived, 'x-mintmark-expires')
    assert.ok(Number(expires) > Date.now() / 1000 && Number(expires) < 9_999_999_999)
  })

  test('a public route needs no token, and nobody is there to have called', async () => {
    const arrived = arrivedIn(await ask({ target: '/public', headers: forged }))
    for (const name of identityNames)
      assert.deepEqual(
        valuesOf(arrived, name).filter((value) => value !== ''),
        [],
      )
    assert.deepEqual(valuesOf(arrived, 'authorization'), [])
  })

  test('a header that a route adds is there on that route, and the one of the outside on none', async () => {
    const token = await workspace.token('shop', 'orders:read orders:write')
    const added = arrivedIn(await ask({ target: '/orders/1', headers: bearer(token) }))
    assert.deepEqual(valuesOf(added, 'x-api-key'), ['key-of-the-api'])
    const headers = { ...bearer(token), 'X-Api-Key': 'forged' }
    for (const request of [
      { target: '/orders/1', headers },
      { method: 'POST', target: '/orders', headers },
      { target: '/public', headers },
    ]) {
      const answer = await ask(request)
      // Where it is not stripped before the question, the request is refused.
      if (answer.status !== 200) assert.deepEqual([answer.status, answer.headers['x-api']], [403, undefined])
      else assert.ok(!valuesOf(arrivedIn(answer), 'x-api-key').includes('forged'))
    }
  })

  for (const name of others) {
    test(`the header ${name} of the outside does not reach the API`, async () => {
      const token = await workspace.token('shop', 'orders:read')
      const answer = await ask({ target: '/orders/1', headers: { ...bearer(token), [name]: 'forged' } })
      if (answer.status !== 200) return assert.deepEqual([answer.status, answer.headers['x-api']], [403, undefined])
      const ours = arrivedIn(answer).headers.filter(([each]) => folded(each).startsWith('x-mintmark-'))
      assert.deepEqual(
        ours.filter(([, value]) => value === 'forged'),
        [],
      )
    })
  }

  for (const name of ['X-Mintmark-Subject', 'close, Authorization', 'close, X-Mintmark-Client-Id, X-Mintmark-Scope']) {
    test(`"Connection: ${name}" takes nothing away that tells who calls`, async () => {
      const token = await workspace.token('shop', 'orders:read')
      const answer = await ask({ target: '/orders/1', headers: { ...bearer(token), Connection: name } })
      if (answer.status === 401 || answer.status === 400) return assert.equal(answer.headers['x-api'], undefined)
      const arrived = arrivedIn(answer)
      assert.deepEqual(valuesOf(arrived, 'x-mintmark-subject'), ['shop'])
      assert.deepEqual(valuesOf(arrived, 'x-mintmark-client-id'), ['shop'])
      assert.deepEqual(valuesOf(arrived, 'x-mintmark-scope'), ['orders:read'])
    })
  }

  test('a request however large arrives with all that tells who calls, or not at all', async () => {
    const token = await workspace.token('shop', 'orders:read')
    for (let size = 12_000; size <= 16_000; size += 100) {
      const filling = { 'X-Filling-1': 'x'.repeat(7_000), 'X-Filling-2': 'x'.repeat(size - 7_000) }
      const answer = await ask({ target: '/orders/1', headers: { ...bearer(token), ...filling } })
      if (answer.status !== 200) {
        assert.equal(answer.headers['x-api'], undefined)
        continue
      }
      const arrived = arrivedIn(answer)
      const told = [...identityNames, 'authorization', 'x-api-key'].map((name) => valuesOf(arrived, name).length)
      assert.deepEqual(told, [1, 1, 1, 1, 1, 1, 1, 1], `of ${size} bytes`)
    }
  })
}
