import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeForm, type Form, maximumFormParameters, parseForm } from './form.ts'
import { OAuthError } from './oauth-error.ts'

const refused = (check: string) => (error: unknown) =>
  error instanceof OAuthError && error.code === 'invalid_request' && error.status === 400 && error.check === check

const entries = (form: Form) => form.names().map((name) => [name, form.all(name)])

test('a form gives each parameter its value', () => {
  const form = parseForm('grant_type=client_credentials&scope=api:read')
  assert.equal(form.get('grant_type'), 'client_credentials')
  assert.equal(form.get('scope'), 'api:read')
  assert.equal(form.get('resource'), undefined)
  assert.deepEqual(form.names(), ['grant_type', 'scope'])
})

test('SEC-123: plus and percent sequences are decoded, in names too', () => {
  const form = parseForm('scope=api%3Awrite%20api%3Aread+x&caf%C3%A9=%26%3D%25%2B')
  assert.equal(form.get('scope'), 'api:write api:read x')
  assert.equal(form.get('café'), '&=%+')
})

test('a body given as bytes is read as UTF-8', () => {
  assert.equal(parseForm(new TextEncoder().encode('name=é%C3%A9')).get('name'), 'éé')
  assert.throws(() => parseForm(Uint8Array.of(0x61, 0x3d, 0xff)), refused('form-malformed'))
})

test('a parameter without a value counts as absent', () => {
  for (const body of ['scope=', 'scope', '&scope=&', 'x=1&scope']) {
    assert.equal(parseForm(body).get('scope'), undefined, body)
    assert.deepEqual(parseForm(body).all('scope'), [])
    assert.ok(parseForm(body).names().includes('scope'))
  }
})

test('empty pieces between ampersands are skipped and only the first equals sign splits', () => {
  assert.deepEqual(entries(parseForm('')), [])
  assert.deepEqual(entries(parseForm('&&&')), [])
  assert.deepEqual(entries(parseForm('&&a=1&&b==2=&')), [
    ['a', ['1']],
    ['b', ['=2=']],
  ])
})

test('SEC-014: a repeated parameter is refused when it is read, empty occurrences counted', () => {
  for (const body of ['scope=a&scope=a', 'scope=a&scope=b', 'scope=&scope=a', 'scope&scope', 's%63ope=a&scope=b']) {
    const form = parseForm(body)
    assert.throws(() => form.get('scope'), refused('parameter-repeated'), body)
    assert.throws(() => form.assertNotRepeated([]), refused('parameter-repeated'), body)
  }
})

test('a parameter that may be repeated gives all its values in order', () => {
  const form = parseForm('resource=a&x=1&resource=&resource=b&resource=a')
  assert.deepEqual(form.all('resource'), ['a', 'b', 'a'])
  assert.deepEqual(form.all('x'), ['1'])
  assert.deepEqual(form.all('none'), [])
  form.assertNotRepeated(['resource'])
  assert.throws(() => form.assertNotRepeated(['audience']), refused('parameter-repeated'))
})

test('SEC-018: names are case-sensitive', () => {
  const form = parseForm('Grant_Type=x')
  assert.equal(form.get('grant_type'), undefined)
})

test('SEC-020: the special names of JavaScript mean nothing', () => {
  const form = parseForm('__proto__=x&__proto__[polluted]=1&constructor=1&hasOwnProperty=1&toString=1')
  assert.equal(form.get('__proto__'), 'x')
  assert.equal(form.get('constructor'), '1')
  assert.equal(parseForm('a=1').get('toString'), undefined)
  assert.equal((Object.prototype as { polluted?: unknown }).polluted, undefined)
})

test('SEC-022: malformed percent sequences and invalid UTF-8 are refused', () => {
  for (const value of ['%zz', '%', '%4', '%ff%fe', '%c0%ae', '%ed%a0%80', '%C3', '%f5%80%80%80', 'a+%']) {
    assert.throws(() => parseForm(`scope=${value}`), refused('form-malformed'), value)
    assert.throws(() => parseForm(`${value}=x`), refused('form-malformed'), value)
  }
})

test('SEC-028: as many parameters as allowed are read, one more is refused', () => {
  const body = (count: number) => Array.from({ length: count }, (_, index) => `p${index}=1`).join('&')
  assert.equal(parseForm(body(maximumFormParameters)).names().length, maximumFormParameters)
  assert.throws(() => parseForm(body(maximumFormParameters + 1)), refused('form-too-many-parameters'))
  assert.throws(() => parseForm('a=1&'.repeat(5_000)), refused('form-too-many-parameters'))
})

const timed = (work: () => void): number => {
  const start = performance.now()
  work()
  return performance.now() - start
}

test('hostile bodies take linear time', () => {
  const size = 1_000_000
  const hostile = [
    '&'.repeat(size),
    '='.repeat(size),
    '%41'.repeat(size / 4),
    `${'&'.repeat(size)}a=1`,
    '+'.repeat(size),
  ]
  for (const body of hostile) assert.ok(timed(() => parseForm(body)) < 1_000)
})

test('what is encoded is read back, whatever it is', () => {
  const text = fc.string({ unit: 'binary' }).filter((value) => value.isWellFormed())
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(text, text), { selector: ([name]) => name, maxLength: 20 }), (pairs) => {
      const form = parseForm(encodeForm(pairs))
      for (const [name, value] of pairs) assert.equal(form.get(name), value === '' ? undefined : value)
      assert.deepEqual(
        form.names(),
        pairs.map(([name]) => name),
      )
    }),
  )
})

test('what is encoded agrees with URLSearchParams in both directions', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1 })
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { maxLength: 20 }), (pairs) => {
      assert.equal(encodeForm(pairs), new URLSearchParams(pairs as [string, string][]).toString())
    }),
  )
})

test('no body makes the parser throw anything but an OAuthError', () => {
  const hostile = fc.oneof(
    fc.string({ unit: fc.constantFrom('%', '+', '&', '=', 'a', '4', '1', 'f', 'é', '\0', '\ud800') }),
    fc.uint8Array(),
  )
  fc.assert(
    fc.property(hostile, (body) => {
      try {
        parseForm(body).assertNotRepeated([])
      } catch (error) {
        assert.ok(error instanceof OAuthError)
      }
    }),
    { numRuns: 1_000 },
  )
})
