import { BlockList, isIP } from 'node:net'

/** An address as IPv4 where it is one in IPv6 clothes (`::ffff:192.0.2.1`). */
export const plainAddress = (address: string): string =>
  address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address

const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6')

/** Whether a text is an address or a CIDR range, such as `192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`. */
export const isAddressRange = (range: string): boolean => {
  const [address = '', bits, ...rest] = range.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}

/** Whether an address lies in one of the ranges; an empty list allows every address. */
export const addressAllowed = (ranges: readonly string[], address: string): boolean => {
  if (ranges.length === 0) return true
  const plain = plainAddress(address)
  if (isIP(plain) === 0) return false
  const list = new BlockList()
  for (const range of ranges) {
    const [start = '', bits] = range.split('/')
    if (bits === undefined) list.addAddress(start, family(start))
    else list.addSubnet(start, Number(bits), family(start))
  }
  return list.check(plain, family(plain))
}
