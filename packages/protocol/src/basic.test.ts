import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { basicChallenge, readBasic, writeBasic } from './basic.ts'
import { OAuthError } from './oauth-error.ts'

const malformed = (error: unknown) =>
  error instanceof OAuthError && error.code === 'invalid_request' && error.check === 'basic-malformed'

test('identifier and secret are split at the first colon', () => {
  assert.deepEqual(readBasic(`Basic ${btoa('server:Pass:word:1')}`), { id: 'server', secret: 'Pass:word:1' })
})

test('SEC-043: the scheme is case-insensitive', () => {
  for (const scheme of ['basic', 'BASIC', 'bASIC']) {
    assert.deepEqual(readBasic(`${scheme} ${btoa('a:b')}`), { id: 'a', secret: 'b' })
  }
})

test('another scheme is no business of Basic', () => {
  for (const header of ['Bearer abc', 'BasicX abc', 'Basics', '', 'DPoP x', ' Basic YTpi']) {
    assert.equal(readBasic(header), undefined, header)
  }
})

test('SEC-038: both sides are form-decoded', () => {
  const id = 'an:id+1 %&é'
  const secret = 'p:w+d %&=é"\\'
  assert.deepEqual(readBasic(writeBasic(id, secret)), { id, secret })
  assert.equal(writeBasic('a:b', 'c d'), `Basic ${btoa('a%3Ab:c+d')}`)
})

test('raw UTF-8 inside is read as such', () => {
  const raw = Buffer.from('server:schlüssel').toString('base64')
  assert.deepEqual(readBasic(`Basic ${raw}`), { id: 'server', secret: 'schlüssel' })
})

test('SEC-051: an empty secret is read as empty', () => {
  assert.deepEqual(readBasic(`Basic ${btoa('cb:')}`), { id: 'cb', secret: '' })
})

test('SEC-041: what is malformed is refused, not guessed', () => {
  const hostile = [
    'Basic',
    'Basic ',
    'Basic  ',
    `Basic ${btoa('foo%:bar')}`,
    `Basic ${btoa('foo:%zz')}`,
    `Basic ${btoa('no colon')}`,
    `Basic ${btoa(':secret')}`,
    `Basic ${btoa('a:b')} `,
    `Basic ${btoa('a:b')} x`,
    'Basic YTpiYw',
    'Basic YTpiYx==',
    'Basic YTpi=',
    'Basic YTp iYw==',
    'Basic YTp_-w==',
    'Basic /zr/',
    `Basic ${btoa('a:b')}, Basic ${btoa('a:b')}`,
  ]
  for (const header of hostile) assert.throws(() => readBasic(header), malformed, header)
})

test('whatever is written is read back', () => {
  const text = fc.string({ unit: 'binary' }).filter((value) => value.isWellFormed())
  fc.assert(
    fc.property(
      text.filter((value) => value !== ''),
      text,
      (id, secret) => {
        assert.deepEqual(readBasic(writeBasic(id, secret)), { id, secret })
      },
    ),
  )
})

test('no header makes the reader throw anything but an OAuthError', () => {
  const hostile = fc.oneof(
    fc.string().map((text) => `Basic ${text}`),
    fc.uint8Array().map((bytes) => `Basic ${Buffer.from(bytes).toString('base64')}`),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(hostile, (header) => {
      try {
        readBasic(header)
      } catch (error) {
        assert.ok(malformed(error))
      }
    }),
    { numRuns: 1_000 },
  )
})

test('the challenge names the realm and cannot be broken out of', () => {
  assert.equal(basicChallenge('https://as.example/default/demo'), 'Basic realm="https://as.example/default/demo"')
  assert.equal(basicChallenge('a"b\\c\r\nd'), 'Basic realm="a\\"b\\\\c??d"')
})
