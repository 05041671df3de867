import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startAdminServer } from '../admin-fixture.ts'

test('a client is created, shown, changed and deleted, and the running server acts on each at once', async (t) => {
  const server = await startAdminServer(t)
  const created = await server.call(
    'createClient',
    {},
    {
      input: {
        id: 'job',
        capabilities: ['client_credentials'],
        permissions: [{ api: 'api-a', scopes: ['api:read'], defaultScopes: ['api:read'] }],
        secret: { type: 'generated' },
      },
    },
  )
  assert.equal(created.status, 201, created.text)
})
