import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { OAuthError } from '@mintmark/protocol'
import { addressMatcher, plainAddress } from '../policy/addresses.ts'

/** The proxies that may say whose request it is they pass on, and how they do. */
export type AddressProxy = {
  /** Addresses and ranges; never empty. */
  readonly addresses: readonly string[]
  /** Name of the header, lower case; each proxy adds the address it was asked from at its end. */
  readonly header: string
}

/** Tells whose request it is, by the address of the connection itself and by what a proxy says. */
export type FindCaller = (headers: IncomingHttpHeaders, connection: string) => string

const withPort = /^(?:\[([0-9A-Fa-f:.]+)\](?::\d{1,5})?|(\d+\.\d+\.\d+\.\d+):\d{1,5})$/

/** An address, which some proxies send with a port; undefined when it is none. */
const readAddress = (text: string): string | undefined => {
  const trimmed = text.trim()
  const [, six, four] = withPort.exec(trimmed) ?? []
  const address = six ?? four ?? trimmed
  return isIP(address) === 0 || address.includes('%') ? undefined : plainAddress(address)
}

const malformed = (header: string): OAuthError =>
  new OAuthError('invalid_request', 'The request is not well-formed.', { status: 400, check: header })

/**
 * The last address that is not a proxy's: what is before it was said by whoever asked there, and is not looked at. From every
 * other address than a proxy's the header counts for nothing; what a proxy asks by itself, without it, is the proxy's own.
 * @throws OAuthError `invalid_request` when a proxy sends what is no address: to pass over it would be a guess
 */
export const createFindCaller = ({ addresses, header }: AddressProxy): FindCaller => {
  const isProxy = addressMatcher(addresses)
  return (headers, connection) => {
    const sent = headers[header]
    if (sent === undefined || !isProxy(connection)) return connection
    const said = (Array.isArray(sent) ? sent.join(',') : sent).split(',')
    let caller = connection
    for (const text of said.reverse()) {
      const address = readAddress(text)
      if (address === undefined) throw malformed(header)
      caller = address
      if (!isProxy(address)) break
    }
    return caller
  }
}
