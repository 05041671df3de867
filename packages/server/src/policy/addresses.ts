import { BlockList, isIP } from 'node:net'
import { addressFamily } from '../lib/address-range.ts'

/** Of what is an address: the last 32 bits of those that are IPv4, in one way of writing or the other. */
const mapped = /^[0:]*:ffff:(?:(\d+\.\d+\.\d+\.\d+)|([\da-f]{1,4}):([\da-f]{1,4}))$/i

/** An address as IPv4 where it is one in IPv6 clothes (`::ffff:192.0.2.1`, however that is written). */
export const plainAddress = (address: string): string => {
  if (!address.includes(':') || isIP(address) === 0) return address
  const [found, dotted, high = '', low = ''] = mapped.exec(address) ?? []
  if (found === undefined) return address
  if (dotted !== undefined) return dotted
  const [first, second] = [Number.parseInt(high, 16), Number.parseInt(low, 16)]
  return [first >> 8, first & 0xff, second >> 8, second & 0xff].join('.')
}

/** Tells whether an address lies in one of the ranges. */
export const addressMatcher = (ranges: readonly string[]): ((address: string) => boolean) => {
  const list = new BlockList()
  for (const range of ranges) {
    const [start = '', bits] = range.split('/')
    if (bits === undefined) list.addAddress(start, addressFamily(start))
    else list.addSubnet(start, Number(bits), addressFamily(start))
  }
  return (address) => {
    const plain = plainAddress(address)
    return isIP(plain) !== 0 && list.check(plain, addressFamily(plain))
  }
}

/** Whether an address lies in one of the ranges; an empty list allows every address. */
export const addressAllowed = (ranges: readonly string[], address: string): boolean =>
  ranges.length === 0 || addressMatcher(ranges)(address)

const groups = (text: string): string[] => (text === '' ? [] : text.split(':'))

/**
 * Whom an address stands for when callers are counted: itself, or with IPv6 the network of 64 bits it is in, since whoever has
 * one address of it mostly has them all.
 */
export const addressOwner = (address: string): string => {
  if (!address.includes(':')) return address
  const plain = plainAddress(address)
  if (!plain.includes(':')) return plain
  const [before = '', after] = plain.split('%', 1)[0]?.split('::') ?? []
  const first = groups(before)
  // What is behind the gap ends with the address, and an IPv4 address there stands for two groups.
  const missing = after === undefined ? 0 : 8 - first.length - groups(after).length - (after.includes('.') ? 1 : 0)
  const whole = [...first, ...Array.from({ length: missing }, () => '0'), ...groups(after ?? '')]
  return `${whole
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
