import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type DistinguishedName, formatName, parseName, sameName } from './distinguished-name.ts'

const attribute = fc.record({
  type: fc.constantFrom('2.5.4.3', '2.5.4.10', '0.9.2342.19200300.100.1.25', '1.2.3.4'),
  value: fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
    fc.string({ unit: fc.constantFrom(...' ,+=\\"#<>;a0\0\n'), minLength: 1, maxLength: 6 }),
  ),
})
const name: fc.Arbitrary<DistinguishedName> = fc.array(fc.array(attribute, { minLength: 1, maxLength: 3 }), {
  minLength: 1,
  maxLength: 4,
})

test('a name that is written is read as itself, whatever is in it', () => {
  fc.assert(
    fc.property(name, (one) => {
      const read = parseName(formatName(one))
      assert.ok(read !== undefined && sameName(read, one), formatName(one))
    }),
  )
})

test('two names with the same text are the same name: no value can look like another attribute', () => {
  fc.assert(
    fc.property(name, name, (one, other) => {
      assert.equal(formatName(one) === formatName(other) ? sameName(one, other) : true, true)
    }),
  )
  const forged: DistinguishedName = [[{ type: '2.5.4.3', value: 'cm,O=Acme' }]]
  assert.equal(formatName(forged), 'CN=cm\\,O\\=Acme')
  assert.equal(sameName(forged, parseName('CN=cm,O=Acme') ?? []), false)
})

test('any text is read or refused, and never with an error', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...'CN=o,+\\ "#2C\0;') }))
  fc.assert(
    fc.property(text, (one) => {
      const read = parseName(one)
      if (read !== undefined) assert.ok(sameName(parseName(formatName(read)) ?? [], read))
    }),
  )
})

test('RFC 4514 §4: its examples, and what is none', () => {
  const same = [
    ['UID=jsmith,DC=example,DC=net', 'uid=jsmith, dc=example ,DC = net'],
    ['OU=Sales+CN=J.  Smith,DC=example', 'CN=J.  Smith+OU=Sales,DC=example'],
    ['CN=James \\"Jim\\" Smith\\, III,DC=net', 'CN=James \\22Jim\\22 Smith\\2C III,DC=net'],
    ['CN=Before\\0dAfter', '2.5.4.3=Before\\0DAfter'],
    ['CN=Lu\\C4\\8Di\\C4\\87', 'CN=Lučić'],
  ]
  for (const [one = '', other = ''] of same) {
    const [read, like] = [parseName(one), parseName(other)]
    assert.ok(read !== undefined && like !== undefined && sameName(read, like), one)
  }
  const none = [
    '',
    'CN',
    'CN=',
    'CN=a,',
    ',CN=a',
    'CN=a,,O=b',
    'XY=a',
    'CN=#0401',
    'CN=a"b',
    'CN=a\\',
    'CN=\\ff',
    'CN=a;O=b',
  ]
  for (const text of none) assert.equal(parseName(text), undefined, text)
  assert.equal(sameName(parseName('CN=a,O=b') ?? [], parseName('O=b,CN=a') ?? []), false)
  assert.equal(sameName(parseName('CN=a+O=b') ?? [], parseName('CN=a,O=b') ?? []), false)
})
