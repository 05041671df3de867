import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAddressRange } from '../lib/address-range.ts'
import { addressAllowed, addressOwner, plainAddress } from './addresses.ts'

test('an empty list allows every address, any other only what lies in one of its ranges', () => {
  const cases: readonly [readonly string[], string, boolean][] = [
    [[], '192.0.2.7', true],
    [[], '', true],
    [['192.0.2.7'], '192.0.2.7', true],
    [['192.0.2.7'], '192.0.2.8', false],
    [['192.0.2.7'], '::ffff:192.0.2.7', true],
    [['10.0.0.0/8', '2001:db8::/32'], '10.255.1.1', true],
    [['10.0.0.0/8', '2001:db8::/32'], '2001:db8:1::1', true],
    [['10.0.0.0/8', '2001:db8::/32'], '2001:db9::1', false],
    [['10.0.0.0/8'], '::1', false],
    [['0.0.0.0/0'], '203.0.113.9', true],
    [['0.0.0.0/0'], '2001:db8::1', false],
    [['fe80::/10'], 'fe80::1%eth0', true],
    [['192.0.2.7'], '', false],
    [['192.0.2.7'], 'unknown', false],
    [['192.0.2.7'], '192.0.2.7, 10.0.0.1', false],
  ]
  for (const [ranges, address, expected] of cases) {
    assert.equal(addressAllowed(ranges, address), expected, `${ranges} ${address}`)
  }
})

test('ranges are addresses or CIDR, and nothing else', () => {
  for (const range of ['192.0.2.7', '10.0.0.0/8', '0.0.0.0/0', '::1', '2001:db8::/128']) {
    assert.ok(isAddressRange(range), range)
  }
  for (const range of [
    '',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0/8',
    '::/129',
    'host',
    '1.2.3.4/8/8',
    '*',
  ]) {
    assert.ok(!isAddressRange(range), range)
  }
})

test('IPv4 in IPv6 clothes is IPv4', () => {
  assert.equal(plainAddress('::ffff:192.0.2.1'), '192.0.2.1')
  // However it is written: else all callers of a proxy that writes so would be one.
  for (const address of ['::FFFF:192.0.2.1', '::ffff:c000:201', '0:0:0:0:0:ffff:192.0.2.1', '0000::FFFF:C000:0201']) {
    assert.equal(plainAddress(address), '192.0.2.1', address)
    assert.equal(addressOwner(address), '192.0.2.1', address)
  }
  for (const address of ['::ffff:0:192.0.2.1', '1::ffff:c000:201', '::ffff:192.0.2.256', '::ffff:c000:201%eth0', '']) {
    assert.equal(plainAddress(address), address)
  }
  assert.equal(plainAddress('::ffff:beef'), '::ffff:beef')
  assert.equal(plainAddress('2001:db8::1'), '2001:db8::1')
})

test('callers are counted by address, with IPv6 by the network of 64 bits', () => {
  for (const [address, owner] of [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:0:1:2:3:4:5', '2001:db8:0:1::/64'],
    ['2001:db8:0:1::9', '2001:db8:0:1::/64'],
    ['2001:0db8:0000:0001:0000:0000:0000:0009', '2001:db8:0:1::/64'],
    ['2001:db8::1:2:3:4', '2001:db8:0:0::/64'],
    ['2001:db8::5:1:2:3:4', '2001:db8:0:5::/64'],
    ['2001:db8:0:2::9', '2001:db8:0:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1::', '1:0:0:0::/64'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:192.0.2.7', '1:2:3:4::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
  ] as const) {
    assert.equal(addressOwner(address), owner, address)
  }
})
