import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommandFailure } from '../../failure.ts'
import { readPermissions } from './permissions.ts'

const usage = (error: CommandFailure) => error.exitCode === 2

test('scopes keep their colons, and defaults find the API they belong to', () => {
  assert.deepEqual(readPermissions(['orders:orders:read,orders:write', 'b:x'], ['orders:read', 'x']), [
    { api: 'orders', scopes: ['orders:read', 'orders:write'], defaultScopes: ['orders:read'] },
    { api: 'b', scopes: ['x'], defaultScopes: ['x'] },
  ])
})

test('the scopes of an API named twice are added up', () => {
  assert.deepEqual(readPermissions(['o:a', 'o:b,a'], []), [{ api: 'o', scopes: ['a', 'b'], defaultScopes: [] }])
})

test('nothing said is nothing changed, and none takes everything away', () => {
  assert.equal(readPermissions([], []), undefined)
  assert.deepEqual(readPermissions(['none'], []), [])
})

test('a permission without scopes, and a default that is not permitted, are refused', () => {
  for (const permit of ['orders', 'orders:', ':a', 'orders:,'])
    assert.throws(() => readPermissions([permit], []), usage)
  assert.throws(() => readPermissions(['o:a'], ['b']), usage)
  assert.throws(() => readPermissions([], ['b']), usage)
})
