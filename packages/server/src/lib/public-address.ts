import { lookup as resolve } from 'node:dns'
import type { RequestOptions } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { addressFamily } from './address-range.ts'

type Range = readonly [address: string, bits: number, family: 'ipv4' | 'ipv6']

/** What is not public (RFC 6890 and the registries of IANA behind it). */
const special: readonly Range[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.0.2.0', 24, 'ipv4'],
  ['192.88.99.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['224.0.0.0', 4, 'ipv4'],
  ['240.0.0.0', 4, 'ipv4'],
  ['::', 96, 'ipv6'],
  ['::ffff:0:0', 96, 'ipv6'],
  // IPv4-translated (RFC 2765 §2.1): a translator leads on to the IPv4 address in it.
  ['::ffff:0:0:0', 96, 'ipv6'],
  ['64:ff9b::', 96, 'ipv6'],
  ['64:ff9b:1::', 48, 'ipv6'],
  ['100::', 64, 'ipv6'],
  ['2001::', 23, 'ipv6'],
  ['2001:db8::', 32, 'ipv6'],
  ['2002::', 16, 'ipv6'],
  ['3fff::', 20, 'ipv6'],
  ['5f00::', 16, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['fec0::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
]

type AddressSet = (address: string) => boolean

/** A set for each family: a `BlockList` takes every IPv4 address for a member of `::ffff:0:0/96`. */
const addressSet = (ranges: readonly Range[]): AddressSet => {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() }
  for (const [address, bits, family] of ranges) lists[family].addSubnet(address, bits, family)
  return (address) => lists[addressFamily(address)].check(address, addressFamily(address))
}

const isSpecial = addressSet(special)

/** Whether an address is one that anybody on the internet may be reached at. */
export const isPublicAddress = (address: string): boolean => isIP(address) !== 0 && !isSpecial(address)

/** Where requests to places that somebody else named may go. */
export type Reachable = {
  /** Why a host that is written as an address may not be reached; undefined for one that may, or a name. */
  readonly fault: (hostname: string) => string | undefined
  /**
   * Looks a name up and refuses it when any of its addresses may not be reached. To be given to the request: the address
   * that is checked is the one that is connected to, and a name that changes its address meanwhile gains nothing.
   */
  readonly lookup: NonNullable<RequestOptions['lookup']>
}

const rangeOf = (text: string): Range => {
  const [address = '', bits] = text.split('/')
  const family = addressFamily(address)
  return [address, bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits), family]
}

/**
 * Public addresses, and exceptions from that.
 * @param allowed ranges that may be reached all the same, such as `10.1.0.0/16`, and names that may be wherever they are
 */
export const createReachable = (allowed: readonly string[]): Reachable => {
  const isRange = (text: string): boolean => isIP(text.split('/')[0] ?? '') !== 0
  const isException = addressSet(allowed.filter(isRange).map(rangeOf))
  const names = new Set(allowed.filter((text) => !isRange(text)).map((name) => name.toLowerCase()))
  const mayReach = (address: string): boolean =>
    isPublicAddress(address) || (isIP(address) !== 0 && isException(address))
  return {
    fault: (hostname) => {
      const host = hostname.replace(/^\[|\]$/g, '')
      return isIP(host) === 0 || mayReach(host) ? undefined : `${host} is not a public address`
    },
    lookup: (hostname, options, callback) => {
      resolve(hostname, { ...options, all: true }, (error, addresses) => {
        if (error !== null) return callback(error, [])
        const forbidden = names.has(hostname.toLowerCase())
          ? undefined
          : addresses.find(({ address }) => !mayReach(address))
        const [first] = addresses
        if (forbidden !== undefined || first === undefined) {
          return callback(new Error(`${hostname} is at ${forbidden?.address ?? 'no address'}, which is not public`), [])
        }
        if (options.all === true) return callback(null, addresses)
        return callback(null, first.address, first.family)
      })
    },
  }
}
