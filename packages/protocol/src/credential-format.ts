import { decodeBase62, encodeBase62, encodeBase62Number } from './base62.ts'
import { crc32 } from './crc32.ts'

/** The prefix of a generated client secret. */
export const clientSecretPrefix = 'mmk_cs_'
/** The prefix of an opaque access token. */
export const accessTokenPrefix = 'mmk_at_'

export type CredentialPrefix = typeof clientSecretPrefix | typeof accessTokenPrefix

const kinds = [
  ['client_secret', clientSecretPrefix],
  ['access_token', accessTokenPrefix],
] as const

const checksumLength = 6

/**
 * Writes bytes in the recognisable format: prefix, base62 body, and the CRC32 of all that in 6 characters of base62.
 * Only `[A-Za-z0-9_]` occur, so that a leak can be found by a pattern and told from a lookalike by its checksum. The
 * checksum guards against typing errors and says nothing about who made the credential.
 */
export function sealFormat(prefix: CredentialPrefix, bytes: Uint8Array): string {
  const text = prefix + encodeBase62(bytes)
  return text + encodeBase62Number(crc32(text), checksumLength)
}

/** Reads the bytes back; undefined when prefix, checksum or body are not exactly what {@link sealFormat} writes. */
export function openFormat(prefix: CredentialPrefix, text: string): Uint8Array | undefined {
  if (!hasFormat(prefix, text)) return undefined
  return decodeBase62(text.slice(prefix.length, -checksumLength))
}

/** What kind of Mintmark credential a text is, by prefix, checksum and body; undefined when it is none. */
export function recognise(text: string): 'client_secret' | 'access_token' | undefined {
  return kinds.find(([, prefix]) => openFormat(prefix, text) !== undefined)?.[0]
}

function hasFormat(prefix: string, text: string): boolean {
  const end = text.length - checksumLength
  return (
    end >= prefix.length &&
    text.startsWith(prefix) &&
    text.endsWith(encodeBase62Number(crc32(text, end), checksumLength))
  )
}
