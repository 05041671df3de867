import { lookup as resolve } from 'node:dns'
import type { RequestOptions } from 'node:http'
import { request } from 'node:https'
import { BlockList, isIP } from 'node:net'

/**
 * Fetches a JSON document that somebody else named: only over https, only from public addresses, without following
 * redirects, bounded in size and time.
 * @throws Error that says why there is none
 */
export type FetchPublic = (url: string) => Promise<unknown>

const maximumBytes = 65_536
/** Milliseconds for the whole of it. */
const timeLimit = 5000

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
  return (address) => lists[familyOf(address)].check(address, familyOf(address))
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6')

const isSpecial = addressSet(special)

/** Whether an address is one that anybody on the internet may be reached at. */
export const isPublicAddress = (address: string): boolean => isIP(address) !== 0 && !isSpecial(address)

/**
 * @param allowed ranges that are not public and may be reached all the same, such as `10.1.0.0/16`
 * @param ca certificates to trust in place of the system's, PEM
 */
export const createFetchPublic = ({
  allowed = [],
  ca,
}: {
  readonly allowed?: readonly string[]
  readonly ca?: string | undefined
} = {}): FetchPublic => {
  const isException = addressSet(
    allowed.map((range): Range => {
      const [address = '', bits] = range.split('/')
      const family = familyOf(address)
      return [address, bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits), family]
    }),
  )
  const mayReach = (address: string): boolean =>
    isPublicAddress(address) || (isIP(address) !== 0 && isException(address))

  // The address that is checked is the one that is connected to: a name that changes its address meanwhile gains nothing.
  const lookup: NonNullable<RequestOptions['lookup']> = (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, [])
      const forbidden = addresses.find(({ address }) => !mayReach(address))
      const [first] = addresses
      if (forbidden !== undefined || first === undefined) {
        return callback(new Error(`${hostname} is at ${forbidden?.address ?? 'no address'}, which is not public`), [])
      }
      if (options.all === true) return callback(null, addresses)
      return callback(null, first.address, first.family)
    })
  }

  return async (text) => {
    const url = new URL(text)
    if (url.protocol !== 'https:') throw new Error('it is not https')
    const host = url.hostname.replace(/^\[|\]$/g, '')
    // A literal address is never looked up.
    if (isIP(host) !== 0 && !mayReach(host)) throw new Error(`${host} is not a public address`)
    return readJson(url, { lookup, ...(ca === undefined ? {} : { ca }) })
  }
}

const readJson = (url: URL, options: RequestOptions & { readonly ca?: string }): Promise<unknown> =>
  new Promise((settle, reject) => {
    const sent = request(
      url,
      { ...options, agent: false, headers: { accept: 'application/json' }, signal: AbortSignal.timeout(timeLimit) },
      (response) => {
        if (response.statusCode !== 200) {
          sent.destroy(new Error(`it was answered with status ${response.statusCode}`))
          return
        }
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > maximumBytes) sent.destroy(new Error(`it is larger than ${maximumBytes} bytes`))
          else chunks.push(chunk)
        })
        response.on('error', reject)
        response.on('end', () => {
          try {
            settle(JSON.parse(Buffer.concat(chunks).toString()))
          } catch {
            reject(new Error('it is not JSON'))
          }
        })
      },
    )
    sent.on('error', reject)
    sent.end()
  })
