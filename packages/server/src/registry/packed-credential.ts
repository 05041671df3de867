import { Buffer } from 'node:buffer'
import type { Credential, SecretCredential } from '../domain/credential.ts'

/**
 * A credential as bytes: a generated secret of which there is no more to say is the length of its id, its id and its digest; any
 * other is a zero, the length of its JSON in 16 bits, and its JSON.
 */
const asJson = 0
const jsonOffset = 3
const longestJson = 0xffff
const longestId = 255
const digestLength = 32

const secretMembers = new Set(['id', 'type', 'hash', 'expires'])
const latin1 = /^[\0-\xff]*$/

const packSecret = (credential: SecretCredential): Buffer | undefined => {
  const { id, hash, expires } = credential
  if (hash.kind !== 'sha256' || expires !== undefined) return undefined
  if (id.length === 0 || id.length > longestId || !latin1.test(id)) return undefined
  if (!Object.keys(credential).every((name) => secretMembers.has(name))) return undefined
  const digest = Buffer.from(hash.digest, 'base64url')
  if (digest.length !== digestLength || digest.toString('base64url') !== hash.digest) return undefined
  return Buffer.concat([Uint8Array.of(id.length), Buffer.from(id, 'latin1'), digest])
}

const packJson = (credential: Credential): Buffer | undefined => {
  const json = Buffer.from(JSON.stringify(credential))
  if (json.length > longestJson) return undefined
  return Buffer.concat([Uint8Array.of(asJson, json.length & 0xff, json.length >>> 8), json])
}

/** Undefined where it is too long. */
export const packCredential = (credential: Credential): Buffer | undefined =>
  (credential.type === 'secret' ? packSecret(credential) : undefined) ?? packJson(credential)

/** Of JSON, where what is undefined is absent. */
export const completeCredential = (stored: Credential): Credential => ({ ...stored, expires: stored.expires })

/** The credentials whose bytes are those from `start` up to `end`. */
export const unpackCredentials = (bytes: Buffer, start: number, end: number): readonly Credential[] => {
  const credentials: Credential[] = []
  for (let offset = start; offset < end; ) {
    const length = bytes[offset] as number
    if (length === asJson) {
      const next = offset + jsonOffset + bytes.readUInt16LE(offset + 1)
      credentials.push(completeCredential(JSON.parse(bytes.toString('utf8', offset + jsonOffset, next)) as Credential))
      offset = next
      continue
    }
    const digestOffset = offset + 1 + length
    offset = digestOffset + digestLength
    credentials.push({
      id: bytes.toString('latin1', digestOffset - length, digestOffset),
      type: 'secret',
      hash: { kind: 'sha256', digest: bytes.toString('base64url', digestOffset, offset) },
      expires: undefined,
    })
  }
  return credentials
}
