import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OAuthError } from '@mintmark/protocol'
import fc from 'fast-check'
import { plainClient } from '../../test/plain-workspace.ts'
import type { Api } from '../domain/api.ts'
import type { Client, Permission } from '../domain/client.ts'
import { grantScope, scopeCovers } from './scopes.ts'

const api = (id: string, scopes: readonly string[]): Api => ({
  id,
  displayName: '',
  enabled: true,
  audience: `https://${id}.test`,
  scopes: scopes.map((name) => ({ name, description: '' })),
  tokenFormat: 'jwt',
  algorithm: 'ES256',
  tokenLifetime: undefined,
})

const client = (permissions: readonly Permission[]): Client => ({ ...plainClient, permissions })

test('a name covers itself; a name ending in a star covers what continues its stem, and nothing covers a star', () => {
  const covered: readonly [string, string, boolean][] = [
    ['orders:read', 'orders:read', true],
    ['orders:read', 'orders:reads', false],
    ['orders:read', 'Orders:read', false],
    ['orders:*', 'orders:read', true],
    ['orders:*', 'orders:read:all', true],
    ['orders:*', 'orders:', false],
    ['orders:*', 'orders', false],
    ['orders:*', 'invoices:read', false],
    ['orders:*', 'orders:*', false],
    ['*', 'anything', true],
    ['*', '*', false],
    ['or*rs', 'orders', false],
    ['orders:read', 'orders:*', false],
  ]
  for (const [permitted, asked, expected] of covered) {
    assert.equal(scopeCovers(permitted, asked), expected, `${permitted} ${asked}`)
  }
})

test('what is asked must be permitted to the client and defined by the API', () => {
  const orders = api('orders', ['orders:*'])
  const permissions = [{ api: 'orders', scopes: ['orders:read', 'ghost'], defaultScopes: [] }]
  assert.deepEqual(grantScope(client(permissions), [orders], ['orders:read']), ['orders:read'])
  for (const asked of [['orders:write'], ['ghost'], ['orders:*'], ['orders:read', 'orders:write']]) {
    assert.throws(
      () => grantScope(client(permissions), [orders], asked),
      (error) => error instanceof OAuthError && error.code === 'invalid_scope',
    )
  }
})

test('a scope that one API permits is no way into another that knows the same name', () => {
  const [a, b] = [api('a', ['read', 'admin']), api('b', ['read', 'admin'])]
  const permissions = [
    { api: 'a', scopes: ['read'], defaultScopes: ['read'] },
    { api: 'b', scopes: ['read', 'admin'], defaultScopes: ['read', 'admin'] },
  ]
  assert.deepEqual(grantScope(client(permissions), [b], ['admin']), ['admin'])
  assert.throws(() => grantScope(client(permissions), [a, b], ['admin']), OAuthError)
  assert.deepEqual(grantScope(client(permissions), [a, b], undefined), ['read'])
})

const name = fc.constantFrom('a', 'b', 'a:x', 'a:y', 'b:x', 'a:*', 'b:*', '*')
const names = fc.uniqueArray(name, { maxLength: 4 })
const apis = fc.tuple(names, names).map(([one, two]) => [api('one', one), api('two', two)] as const)
const permissions = fc.uniqueArray(
  fc.record({ api: fc.constantFrom('one', 'two', 'gone'), scopes: names, defaultScopes: names }),
  { selector: (permission) => permission.api, maxLength: 3 },
)

test('property: every API of a token permits each granted scope it defines, and some API does', () => {
  fc.assert(
    fc.property(
      apis,
      permissions,
      fc.option(names, { nil: undefined }),
      fc.boolean(),
      (known, permitted, asked, both) => {
        const chosen = both ? known : [known[0]]
        const who = client(permitted)
        let granted: readonly string[]
        try {
          granted = grantScope(who, chosen, asked)
        } catch (error) {
          assert.ok(error instanceof OAuthError && error.code === 'invalid_scope')
          assert.ok(asked !== undefined, 'defaults never fail')
          return
        }
        if (asked !== undefined) assert.deepEqual(granted, asked)
        assert.equal(new Set(granted).size, granted.length)
        for (const scope of granted) {
          assert.ok(!scope.includes('*'))
          const knowing = chosen.filter(({ scopes }) => scopes.some((defined) => scopeCovers(defined.name, scope)))
          assert.ok(knowing.length > 0)
          for (const { id } of knowing) {
            const permission = permitted.find((candidate) => candidate.api === id)
            assert.ok(
              permission?.scopes.some((allowed) => scopeCovers(allowed, scope)),
              `${scope} at ${id}`,
            )
          }
        }
      },
    ),
    { numRuns: 3000 },
  )
})
