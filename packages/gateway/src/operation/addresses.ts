import { BlockList, isIP } from 'node:net'
import { OptionError } from './option-error.ts'

/** An address as IPv4 where it is one in IPv6 clothes (`::ffff:192.0.2.1`). */
export const plainAddress = (address: string): string =>
  address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address

const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6')

/** Whether an address lies in a list of addresses and ranges. */
export type AddressList = (address: string) => boolean

/**
 * Reads addresses and CIDR ranges, such as `192.0.2.7` and `10.0.0.0/8`.
 * @throws OptionError for what is neither
 */
export const addressList = (ranges: readonly string[]): AddressList => {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', bits, ...rest] = range.split('/')
    const version = isIP(address)
    const width = version === 4 ? 32 : 128
    if (
      version === 0 ||
      rest.length > 0 ||
      (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= width))
    ) {
      throw new OptionError(`${range} is neither an address nor a range such as 10.0.0.0/8`)
    }
    list.addSubnet(address, bits === undefined ? width : Number(bits), family(address))
  }
  return (address) => {
    const plain = plainAddress(address)
    return isIP(plain) !== 0 && list.check(plain, family(plain))
  }
}

/** This machine. */
export const loopback: readonly string[] = ['127.0.0.0/8', '::1']
