import type { Client } from '../domain/client.ts'
import type { Credential } from '../domain/credential.ts'

/** What of a client is its own; all else it mostly has in common with others of its fleet. */
type Own = 'id' | 'displayName' | 'credentials'
type Common = Omit<Client, Own>

/** A generated secret with no more to say of it is its id and digest; any other credential stays as it is. */
type PackedCredential = readonly [id: string, digest: string] | Credential
type PackedClient = readonly [
  common: number | Common,
  /** Or its length, where the key ends with it. */
  id: string | number,
  displayName: string,
  ...credentials: readonly PackedCredential[],
]

/** Turns clients into short texts and back. */
export type ClientPacker = {
  readonly pack: (key: string, client: Client) => string
  /** @param key the one it was packed under */
  readonly unpack: (key: string, text: string) => Client
}

/** Different common parts that are kept once; a client with yet another has it in its own text. */
const commonPartsAtMost = 4096

const secretMembers = new Set(['id', 'type', 'hash', 'expires'])

const packCredential = (credential: Credential): PackedCredential =>
  credential.type === 'secret' &&
  credential.hash.kind === 'sha256' &&
  credential.expires === undefined &&
  Object.keys(credential).every((name) => secretMembers.has(name))
    ? [credential.id, credential.hash.digest]
    : credential

const isPair = (packed: PackedCredential): packed is readonly [id: string, digest: string] => Array.isArray(packed)

const unpackCredential = (packed: PackedCredential): Credential => {
  if (!isPair(packed)) return packed
  const [id, digest] = packed
  return { id, type: 'secret', hash: { kind: 'sha256', digest }, expires: undefined }
}

export const createClientPacker = (): ClientPacker => {
  const parts: Common[] = []
  const numbers = new Map<string, number>()

  const numberOf = (common: Common): number | Common => {
    const name = JSON.stringify(common)
    const known = numbers.get(name)
    if (known !== undefined) return known
    if (parts.length >= commonPartsAtMost) return common
    numbers.set(name, parts.length)
    return parts.push(common) - 1
  }

  return {
    pack: (key, { id, displayName, credentials, ...common }) => {
      const end = id !== '' && key.endsWith(id) ? id.length : id
      const packed: PackedClient = [numberOf(common), end, displayName, ...credentials.map(packCredential)]
      return JSON.stringify(packed)
    },
    unpack: (key, text) => {
      const [common, end, displayName, ...credentials] = JSON.parse(text) as PackedClient
      const part = typeof common === 'number' ? (parts[common] as Common) : common
      // Each by its name: an object made by spreading is of a shape of its own, and slower in all that reads it.
      return {
        id: typeof end === 'number' ? key.slice(-end) : end,
        displayName,
        enabled: part.enabled,
        capabilities: part.capabilities,
        authenticationMethods: part.authenticationMethods,
        tokenEndpointAudience: part.tokenEndpointAudience,
        dpopBoundAccessTokens: part.dpopBoundAccessTokens,
        certificateBoundAccessTokens: part.certificateBoundAccessTokens,
        permissions: part.permissions,
        introspects: part.introspects,
        tokenLifetime: part.tokenLifetime,
        allowedAddresses: part.allowedAddresses,
        credentials: credentials.map(unpackCredential),
      }
    },
  }
}
