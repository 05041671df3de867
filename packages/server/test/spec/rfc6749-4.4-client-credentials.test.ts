import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestServer } from '../fixtures.ts'

test('SEC-001: a client with Basic credentials gets a token', async (context) => {
  const server = await startTestServer(context)
  const response = await server.post('/oauth2/token', { grant_type: 'client_credentials' }, server.basic('cb'))
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
  assert.match(response.headers.get('cache-control') ?? '', /no-store/)
  assert.equal(response.headers.get('pragma'), 'no-cache')
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
  const body = (await response.json()) as Record<string, unknown>
  assert.deepEqual(Object.keys(body).sort(), ['access_token', 'expires_in', 'scope', 'token_type'])
  assert.equal(body.expires_in, 3600)
  assert.equal(body.scope, 'api:read')
})

test('SEC-133: a thousand requests in parallel give a thousand different tokens', async (context) => {
  const server = await startTestServer(context)
  const tokens = await Promise.all(Array.from({ length: 1000 }, () => server.token('cb')))
  assert.equal(new Set(tokens).size, 1000)
})
