import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Challenge, formatChallenge, parseChallenges } from './challenge.ts'

const plain = (header: string) =>
  parseChallenges(header)?.map(({ scheme, token68, parameters }) => [scheme, token68 ?? Object.fromEntries(parameters)])

test('RFC 9110 §11.6.1: several challenges in one header, and the commas that belong to none', () => {
  assert.deepEqual(plain('Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""'), [
    ['basic', { realm: 'simple' }],
    ['newauth', { realm: 'apps', type: '1', title: 'Login to "apps"' }],
  ])
  assert.deepEqual(plain(', ,Bearer realm="a"\t,,\tscope = "b c" , Negotiate,NTLM YWJj==, Digest a=b,'), [
    ['bearer', { realm: 'a', scope: 'b c' }],
    ['negotiate', {}],
    ['ntlm', 'YWJj=='],
    ['digest', { a: 'b' }],
  ])
})

test('nothing is an empty list, and a scheme alone is a challenge', () => {
  for (const header of ['', ' ', ',', ' , ,\t']) assert.deepEqual(plain(header), [])
  for (const header of ['Bearer', ' Bearer ', 'Bearer ,', 'BEARER']) assert.deepEqual(plain(header), [['bearer', {}]])
})

test('what is quoted cannot begin a challenge or a parameter', () => {
  assert.deepEqual(plain('Bearer realm="x, Bearer resource_metadata=\\"https://evil.example\\", a=b"'), [
    ['bearer', { realm: 'x, Bearer resource_metadata="https://evil.example", a=b' }],
  ])
})

test('a header that is not well-formed counts for nothing', () => {
  const hostile = [
    'Bearer realm="a", realm="b"',
    'Bearer realm="a", REALM=b',
    'realm="a"',
    'Bearer realm="a',
    'Bearer realm="a"b',
    'Bearer realm="a" scope="b"',
    'Bearer realm="a\\',
    'Bearer realm=a b=c',
    'Bearer YQ==, realm="a"',
    'Bearer YQ== x',
    'Bearer =',
    'Bearer "a"',
    'Bearer realm="a\u0000"',
    'Bearer realm="a\n"',
    'Bearer realm="\u20ac"',
    'Bearer realm=a/b',
    'Bearer;realm=a',
    'B\u00e9arer',
    '"Bearer"',
    'Bearer\trealm="a"',
    `Bearer realm="${'a'.repeat(8_192)}"`,
    Array.from({ length: 21 }, () => 'Basic').join(','),
  ]
  for (const header of hostile) assert.equal(parseChallenges(header), undefined, header.slice(0, 60))
  assert.equal(parseChallenges(Array.from({ length: 20 }, () => 'Basic').join(','))?.length, 20)
})

const tchar = fc.constantFrom(..."!#$%&'*+-.^_`|~09azAZ")
const name = fc.string({ unit: tchar, minLength: 1, maxLength: 8 })
const text = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) })
const challenge: fc.Arbitrary<Challenge> = fc.oneof(
  fc.record({
    scheme: name.map((scheme) => scheme.toLowerCase()),
    parameters: fc
      .array(
        fc.tuple(
          name.map((one) => one.toLowerCase()),
          text,
        ),
        { maxLength: 4 },
      )
      .map((pairs) => new Map(pairs)),
  }),
  fc.record({
    scheme: name.map((scheme) => scheme.toLowerCase()),
    token68: fc
      .tuple(
        fc.string({ unit: fc.constantFrom(...'aZ0-._~+/'), minLength: 1 }),
        fc.string({ unit: fc.constant('='), maxLength: 2 }),
      )
      .map((pair) => pair.join('')),
    parameters: fc.constant(new Map<string, string>()),
  }),
)

test('whatever is written is read again, however many challenges stand in one header', () => {
  fc.assert(
    fc.property(fc.array(challenge, { maxLength: 5 }), (challenges) => {
      const read = parseChallenges(challenges.map(formatChallenge).join(', '))
      assert.deepEqual(
        read,
        challenges.map(({ scheme, token68, parameters }) => ({ scheme, token68, parameters })),
      )
    }),
    { numRuns: 1_000 },
  )
})

test('no header makes the reader throw, and every value it returns was in the header', () => {
  const unit = fc.constantFrom('Bearer', ' ', ',', '=', '"', '\\', 'a', '\t', 'realm', 'é', '/', '\u0001')
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit }), fc.string({ unit: 'binary' })), (header) => {
      for (const { scheme, token68, parameters } of parseChallenges(header) ?? []) {
        assert.ok(header.toLowerCase().includes(scheme))
        if (token68 !== undefined) assert.ok(header.includes(token68))
        for (const value of parameters.values()) {
          assert.ok(header.includes(value) || header.includes('\\'))
        }
      }
    }),
    { numRuns: 2_000 },
  )
})
