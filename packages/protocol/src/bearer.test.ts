import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bearerChallenge, readBearer } from './bearer.ts'
import { OAuthError } from './oauth-error.ts'

const malformed = (error: unknown) =>
  error instanceof OAuthError && error.code === 'invalid_request' && error.check === 'bearer-malformed'

test('SEC-238: the scheme is case-insensitive', () => {
  for (const scheme of ['Bearer', 'bearer', 'BEARER']) assert.equal(readBearer(`${scheme} aB3-._~+/==`), 'aB3-._~+/==')
})

test('SEC-238: everything else is strict', () => {
  const hostile = [
    'Bearer',
    'Bearer ',
    'Bearer  T',
    'Bearer T ',
    'Bearer T x',
    'Bearer\tT',
    'Bearer T,U',
    'Bearer T, Bearer T',
    'Bearer =',
    'Bearer a=b',
    'Bearer é',
    'Bearer "T"',
    'Bearer,T',
  ]
  for (const header of hostile) assert.throws(() => readBearer(header), malformed, header)
})

test('another scheme is no business of Bearer', () => {
  for (const header of ['', 'Basic YTpi', 'BearerT', 'Bearer-x T', 'DPoP T', ' Bearer T']) {
    assert.equal(readBearer(header), undefined, header)
  }
})

test('no header makes the reader throw anything but an OAuthError, and what it returns was in the header', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'binary' }).map((text) => `Bearer${text}`),
    fc.string({ unit: fc.constantFrom('=', 'a', ' ', '/') }).map((text) => `bearer ${text}`),
  )
  fc.assert(
    fc.property(hostile, (header) => {
      try {
        const token = readBearer(header)
        if (token !== undefined) assert.equal(header.slice('Bearer '.length), token)
      } catch (error) {
        assert.ok(malformed(error))
      }
    }),
    { numRuns: 1_000 },
  )
})

test('SEC-262: a header of a million characters is read in linear time', () => {
  for (const token of ['='.repeat(1_000_000), '.'.repeat(1_000_000), `${'a='.repeat(500_000)}`]) {
    const start = performance.now()
    try {
      readBearer(`Bearer ${token}`)
    } catch (error) {
      assert.ok(malformed(error))
    }
    assert.ok(performance.now() - start < 1_000)
  }
})

test('a challenge has what it was given, in order, quoted', () => {
  assert.equal(bearerChallenge({ realm: 'weather' }), 'Bearer realm="weather"')
  assert.equal(
    bearerChallenge({
      realm: 'we"ather',
      error: 'insufficient_scope',
      errorDescription: 'The token lacks a scope.',
      scope: 'weather:read weather:write',
      resourceMetadata: 'https://weather.example/.well-known/oauth-protected-resource',
    }),
    'Bearer realm="we\\"ather", error="insufficient_scope", error_description="The token lacks a scope.", ' +
      'scope="weather:read weather:write", ' +
      'resource_metadata="https://weather.example/.well-known/oauth-protected-resource"',
  )
})
