import { Buffer } from 'node:buffer'
import type { Client } from '../domain/client.ts'
import type { PackedValue } from '../lib/packed-map.ts'
import { completeCredential, packCredential, unpackCredentials } from './packed-credential.ts'

/** What of a client is its own; all else it mostly has in common with others of its fleet. */
type Own = 'id' | 'displayName' | 'credentials'
type Common = Omit<Client, Own>

/** Different common parts that are kept once; a client with yet another is kept as JSON. */
const commonPartsAtMost = 4096

/**
 * The number of the common part in 16 bits, the length of the id, with which the key ends, and that of the name; then the name in
 * UTF-8 and the credentials. Or a number that no common part has, and JSON.
 */
const asJson = 0xffff
const jsonOffset = 2
const nameOffset = 4
const longestShort = 255

/** Each by its name: an object made by spreading is of a shape of its own, and slower in all that reads it. */
const clientOf = (id: string, displayName: string, common: Common, credentials: Client['credentials']): Client => ({
  id,
  displayName,
  enabled: common.enabled,
  capabilities: common.capabilities,
  authenticationMethods: common.authenticationMethods,
  tokenEndpointAudience: common.tokenEndpointAudience,
  dpopBoundAccessTokens: common.dpopBoundAccessTokens,
  certificateBoundAccessTokens: common.certificateBoundAccessTokens,
  permissions: common.permissions,
  introspects: common.introspects,
  tokenLifetime: common.tokenLifetime,
  tokenRateLimit: common.tokenRateLimit,
  allowedAddresses: common.allowedAddresses,
  credentials,
})

const writeJson = (client: Client): Buffer =>
  Buffer.concat([Uint8Array.of(asJson & 0xff, asJson >>> 8), Buffer.from(JSON.stringify(client))])

const readJson = (bytes: Buffer, start: number, end: number): Client => {
  const client = JSON.parse(bytes.toString('utf8', start + jsonOffset, end)) as Client
  return clientOf(client.id, client.displayName, client, client.credentials.map(completeCredential))
}

/** How clients become bytes, some fifty of them where one is like many others, and come back. */
export const createPackedClients = (): PackedValue<Client> => {
  const parts: Common[] = []
  const numbers = new Map<string, number>()

  const numberOf = (common: Common): number | undefined => {
    const name = JSON.stringify(common)
    const known = numbers.get(name)
    if (known !== undefined) return known
    if (parts.length >= commonPartsAtMost) return undefined
    numbers.set(name, parts.length)
    return parts.push(common) - 1
  }

  return {
    write: (key, client) => {
      const { id, displayName, credentials, ...common } = client
      if (!key.endsWith(id) || id.length === 0 || id.length > longestShort) return writeJson(client)
      const name = Buffer.from(displayName)
      // What UTF-8 cannot say, JSON does.
      if (name.length > longestShort || !displayName.isWellFormed()) return writeJson(client)
      const number = numberOf(common)
      const packed = credentials.map(packCredential)
      if (number === undefined || !packed.every((one) => one !== undefined)) return writeJson(client)
      const head = Uint8Array.of(number & 0xff, number >>> 8, id.length, name.length)
      return Buffer.concat([head, name, ...packed])
    },
    read: (key, bytes, start, end) => {
      const number = bytes.readUInt16LE(start)
      if (number === asJson) return readJson(bytes, start, end)
      const idLength = bytes[start + 2] as number
      const nameEnd = start + nameOffset + (bytes[start + 3] as number)
      const name = nameEnd === start + nameOffset ? '' : bytes.toString('utf8', start + nameOffset, nameEnd)
      return clientOf(key.slice(-idLength), name, parts[number] as Common, unpackCredentials(bytes, nameEnd, end))
    },
  }
}
