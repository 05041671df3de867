import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OAuthError, oauthErrorStatus } from './oauth-error.ts'

test('an OAuthError takes the status of its code', () => {
  for (const [code, status] of Object.entries(oauthErrorStatus)) {
    assert.equal(new OAuthError(code as keyof typeof oauthErrorStatus, 'Text.').status, status)
  }
})

test('an OAuthError carries another status, headers and what the operator needs', () => {
  const cause = new Error('underneath')
  const error = new OAuthError('invalid_request', 'The method is not allowed.', {
    status: 405,
    headers: { Allow: 'POST' },
    check: 'method',
    expected: 'POST',
    received: 'GET',
    cause,
  })
  assert.ok(error instanceof Error)
  assert.equal(error.name, 'OAuthError')
  assert.equal(error.message, 'invalid_request: The method is not allowed.')
  assert.deepEqual(
    [error.code, error.status, error.headers, error.check, error.expected, error.received, error.cause],
    ['invalid_request', 405, { Allow: 'POST' }, 'method', 'POST', 'GET', cause],
  )
})

test('an OAuthError without options has neither headers nor cause', () => {
  const error = new OAuthError('invalid_scope', 'Text.')
  assert.deepEqual(error.headers, {})
  assert.equal('cause' in error, false)
})
