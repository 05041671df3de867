import assert from 'node:assert/strict'
import { validateHeaderValue } from 'node:http'
import { test } from 'node:test'
import fc from 'fast-check'
import { identityHeaders } from './identity-headers.ts'

const token = (text: string) => ({
  issuer: 'https://issuer.test',
  audience: text,
  clientId: text,
  subject: text,
  scopes: ['a', 'b'],
  expiresAt: 1_800_000_000,
  claims: {},
})

test('whatever a token names fits into a header, and comes back by percent-decoding', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      for (const [name, value] of Object.entries(identityHeaders('X-Mintmark-', token(text)))) {
        validateHeaderValue(name, value)
        assert.match(value, /^[\x20-\x7e]*$/)
        assert.equal(value.trim(), value)
      }
      assert.equal(decodeURIComponent(identityHeaders('X-', token(text))['X-Client-Id'] ?? ''), text)
    }),
  )
})

test('a line break is no line break', () => {
  const headers = identityHeaders('X-Mintmark-', token('a\r\nX-Mintmark-Scope: admin'))
  assert.equal(headers['X-Mintmark-Client-Id'], 'a%0D%0AX-Mintmark-Scope: admin')
})
