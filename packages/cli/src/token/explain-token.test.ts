import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accessTokenPrefix, clientSecretPrefix, sealFormat } from '@mintmark/protocol'
import fc from 'fast-check'
import { explainToken, tokenIn } from './explain-token.ts'

const now = Date.UTC(2026, 0, 31, 12)
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const header = { typ: 'at+jwt', alg: 'ES256', kid: 'k1' }
const claims = {
  iss: 'https://a.test/t/w',
  aud: 'https://b.test',
  sub: 'c',
  client_id: 'c',
  iat: now / 1000,
  exp: now / 1000 + 300,
  jti: 'x.y',
}
const jwt = (changed: object = {}, head: object = header, signature = 'c2ln') =>
  `${part(head)}.${part({ ...claims, ...changed })}.${signature}`
const problemsOf = (token: string) => explainToken(token, now).problems

test('a token as this server issues them has nothing wrong with it', () => {
  assert.deepEqual(explainToken(jwt(), now), { format: 'jwt', header, claims, problems: [] })
})

test('what a verifier would refuse is named', () => {
  assert.deepEqual(problemsOf(jwt({ exp: now / 1000 - 1 })), ['it has expired'])
  assert.deepEqual(problemsOf(jwt({ nbf: now / 1000 + 3600 })), ['it is not valid yet (nbf)'])
  assert.deepEqual(problemsOf(jwt({ iat: now / 1000 + 3600 })), ['it was issued in the future: a clock is wrong'])
  assert.deepEqual(problemsOf(jwt({ exp: now + 300_000 })), ['exp looks like milliseconds; it must be seconds'])
  assert.deepEqual(problemsOf(jwt({ aud: undefined })), ['aud is missing (RFC 9068 §2.2)'])
  assert.match(problemsOf(jwt({}, { ...header, alg: 'none' })).join(), /alg is none/)
  assert.match(problemsOf(jwt({}, { ...header, typ: 'JWT' })).join(), /typ is not at\+jwt/)
  assert.match(problemsOf(jwt({}, { ...header, alg: 'HS256' })).join(), /can also make one/)
  assert.match(problemsOf(jwt({}, header, '')).join(), /no signature/)
})

test('an opaque token is told from a mistyped one by its checksum', () => {
  const token = sealFormat(accessTokenPrefix, Uint8Array.of(1, 2, 3))
  assert.deepEqual(explainToken(token, now), { format: 'opaque', checksum: 'right', problems: [] })
  assert.equal(problemsOf(token.slice(0, -1))[0], 'its checksum is wrong: it was cut off or mistyped')
})

test('a client secret is recognised and not repeated', () => {
  const secret = sealFormat(clientSecretPrefix, Uint8Array.of(1, 2, 3))
  const explanation = explainToken(secret, now)
  assert.equal(explanation.format, 'unknown')
  assert.ok(!JSON.stringify(explanation).includes(secret))
})

test('what surrounds a pasted token is not part of it', () => {
  assert.equal(tokenIn('  Bearer abc\n'), 'abc')
  assert.equal(tokenIn('bearer  abc'), 'abc')
})

test('whatever is pasted is explained', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.tuple(fc.jsonValue(), fc.jsonValue()).map(([a, b]) => `${part(a)}.${part(b)}.`),
      ),
      (text) => {
        assert.ok(explainToken(tokenIn(text), now).problems.length > 0)
      },
    ),
  )
})
