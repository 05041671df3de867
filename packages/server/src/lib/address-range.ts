import { isIP } from 'node:net'

export const addressFamily = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6')

/** Whether a text is an address or a CIDR range, such as `192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`. */
export const isAddressRange = (range: string): boolean => {
  const [address = '', bits, ...rest] = range.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}
