import { Buffer } from 'node:buffer'
import type { Credential, KeyCredential, SecretCredential } from '../domain/credential.ts'

/**
 * A credential as bytes. A generated secret and a public key for ES256, of which there is no more to say, are the length of the
 * id, by how much greater for a key, the id, and 32 bytes for each value; any other is a zero, the length of its JSON in 16
 * bits, and its JSON.
 */
const asJson = 0
const jsonOffset = 3
const longestJson = 0xffff
const keysFrom = 128
const longestId = 127
const valueLength = 32

const secretMembers: readonly string[] = ['id', 'type', 'hash', 'expires']
const keyMembers: readonly string[] = ['id', 'type', 'algorithm', 'kid', 'jwk', 'expires']
/** In the order in which keys are stored. */
const jwkMembers: readonly string[] = ['crv', 'kty', 'x', 'y']
const latin1 = /^[\0-\xff]*$/

const hasOnly = (credential: Credential, names: readonly string[]): boolean =>
  credential.expires === undefined && Object.keys(credential).every((name) => names.includes(name))

/** The bytes that a text of base64url stands for, where it is the only one that does. */
const bytesOf = (text: string): Buffer | undefined => {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.length === valueLength && bytes.toString('base64url') === text ? bytes : undefined
}

const pack = (from: number, id: string, texts: readonly string[]): Buffer | undefined => {
  if (id.length === 0 || id.length > longestId || !latin1.test(id)) return undefined
  const values = texts.map(bytesOf)
  if (!values.every((value) => value !== undefined)) return undefined
  return Buffer.concat([Uint8Array.of(from + id.length), Buffer.from(id, 'latin1'), ...values])
}

const packSecret = (credential: SecretCredential): Buffer | undefined => {
  const { id, hash } = credential
  return hash.kind === 'sha256' && hasOnly(credential, secretMembers) ? pack(0, id, [hash.digest]) : undefined
}

const packKey = (credential: KeyCredential): Buffer | undefined => {
  const { id, algorithm, kid, jwk } = credential
  if (algorithm !== 'ES256' || !hasOnly(credential, keyMembers)) return undefined
  if (Object.keys(jwk).join() !== jwkMembers.join() || jwk.kty !== 'EC' || jwk.crv !== 'P-256') return undefined
  return pack(keysFrom, id, [kid, jwk.x ?? '', jwk.y ?? ''])
}

const packJson = (credential: Credential): Buffer | undefined => {
  const json = Buffer.from(JSON.stringify(credential))
  if (json.length > longestJson) return undefined
  return Buffer.concat([Uint8Array.of(asJson, json.length & 0xff, json.length >>> 8), json])
}

const packShort = (credential: Credential): Buffer | undefined => {
  if (credential.type === 'secret') return packSecret(credential)
  return credential.type === 'key' ? packKey(credential) : undefined
}

/** Undefined where it is too long. */
export const packCredential = (credential: Credential): Buffer | undefined =>
  packShort(credential) ?? packJson(credential)

/** Of JSON, where what is undefined is absent. */
export const completeCredential = (stored: Credential): Credential => ({ ...stored, expires: stored.expires })

const valueAt = (bytes: Buffer, offset: number): string => bytes.toString('base64url', offset, offset + valueLength)

const secretAt = (bytes: Buffer, id: string, offset: number): SecretCredential => ({
  id,
  type: 'secret',
  hash: { kind: 'sha256', digest: valueAt(bytes, offset) },
  expires: undefined,
})

const keyAt = (bytes: Buffer, id: string, offset: number): KeyCredential => ({
  id,
  type: 'key',
  algorithm: 'ES256',
  kid: valueAt(bytes, offset),
  jwk: {
    crv: 'P-256',
    kty: 'EC',
    x: valueAt(bytes, offset + valueLength),
    y: valueAt(bytes, offset + 2 * valueLength),
  },
  expires: undefined,
})

/** The credentials whose bytes are those from `start` up to `end`. */
export const unpackCredentials = (bytes: Buffer, start: number, end: number): readonly Credential[] => {
  const credentials: Credential[] = []
  for (let offset = start; offset < end; ) {
    const kind = bytes[offset] as number
    offset += 1
    if (kind === asJson) {
      const json = offset + jsonOffset - 1
      offset = json + bytes.readUInt16LE(offset)
      credentials.push(completeCredential(JSON.parse(bytes.toString('utf8', json, offset)) as Credential))
      continue
    }
    const isKey = kind >= keysFrom
    const idEnd = offset + (isKey ? kind - keysFrom : kind)
    const id = bytes.toString('latin1', offset, idEnd)
    credentials.push(isKey ? keyAt(bytes, id, idEnd) : secretAt(bytes, id, idEnd))
    offset = idEnd + (isKey ? 3 : 1) * valueLength
  }
  return credentials
}
