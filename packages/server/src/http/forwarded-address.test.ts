import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OAuthError } from '@mintmark/protocol'
import fc from 'fast-check'
import { createFindCaller } from './forwarded-address.ts'

const header = 'x-forwarded-for'
const findCaller = createFindCaller({ addresses: ['10.0.0.0/8', '2001:db8:ffff::/48'], header })
const find = (said: string | undefined, connection = '10.0.0.1'): string =>
  findCaller(said === undefined ? {} : { [header]: said }, connection)

test('the caller is the last address that is not a proxy’s', () => {
  for (const [said, caller] of [
    ['192.0.2.7', '192.0.2.7'],
    ['198.51.100.1, 192.0.2.7', '192.0.2.7'],
    ['whatever a caller writes, 192.0.2.7', '192.0.2.7'],
    ['192.0.2.7, 10.1.2.3', '192.0.2.7'],
    ['198.51.100.1,192.0.2.7,10.1.2.3,2001:db8:ffff::1', '192.0.2.7'],
    ['2001:db8::7', '2001:db8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['[2001:db8::7]:4711', '2001:db8::7'],
    ['192.0.2.7:4711', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['10.9.9.9', '10.9.9.9'],
    ['10.9.9.9, 10.1.2.3', '10.9.9.9'],
  ] as const) {
    assert.equal(find(said), caller, said)
  }
})

test('from anybody else than a proxy the header counts for nothing, and without it the caller is whoever connects', () => {
  assert.equal(find('192.0.2.7', '198.51.100.9'), '198.51.100.9')
  assert.equal(find('nonsense', '198.51.100.9'), '198.51.100.9')
  assert.equal(find(undefined), '10.0.0.1')
  assert.equal(find('192.0.2.7', ''), '')
  assert.equal(findCaller({ 'x-real-ip': '192.0.2.7', forwarded: 'for=192.0.2.7' }, '10.0.0.1'), '10.0.0.1')
})

test('what a proxy sends and is no address is refused, and never passed over', () => {
  for (const said of [
    '',
    ' ',
    'unknown',
    '_hidden',
    '192.0.2.7,',
    '192.0.2.7, unknown',
    '192.0.2.256',
    'fe80::1%eth0',
    '[::1',
  ]) {
    assert.throws(
      () => find(said),
      (error) => error instanceof OAuthError && error.status === 400 && error.code === 'invalid_request',
      said,
    )
  }
})

test('property: whatever a caller writes before what the proxy adds changes nothing', () => {
  fc.assert(
    fc.property(fc.string(), fc.ipV4(), (written, address) => {
      fc.pre(!address.startsWith('10.'))
      assert.equal(find(`${written}, ${address}`), address)
    }),
  )
})
