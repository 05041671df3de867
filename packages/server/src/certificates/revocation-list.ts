import type { KeyObject } from 'node:crypto'
import {
  childrenOf,
  type DerElement,
  expectTag,
  readBoolean,
  readBytes,
  readDer,
  readOid,
  readTime,
  tags,
} from './der.ts'
import { readPem } from './pem.ts'
import { verifySigned } from './signature-algorithms.ts'

/** A certificate revocation list, read (RFC 5280 §5.1). */
export type RevocationList = {
  /** DER of its issuer's name. */
  readonly issuerBytes: Uint8Array
  /** Epoch milliseconds. */
  readonly thisUpdate: number
  /** When the next one is due at the latest; undefined when it does not say. */
  readonly nextUpdate: number | undefined
  readonly revoked: (serial: Uint8Array) => boolean
  /** Whether a key signed it. */
  readonly signedBy: (key: KeyObject) => boolean
}

const isTime = ({ tag }: DerElement): boolean => tag === tags.utcTime || tag === tags.generalizedTime
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

const hasUnknownCritical = (extensions: DerElement): boolean =>
  childrenOf(expectTag(extensions, tags.sequence)).some((extension) => {
    const members = childrenOf(extension)
    return members.length === 3 && readBoolean(members[1])
  })

const read = (der: Uint8Array): RevocationList | undefined => {
  const [body, algorithm, signature] = childrenOf(readDer(der, tags.sequence))
  const signed = expectTag(body, tags.sequence)
  const members = [...childrenOf(signed)]
  if (members[0]?.tag === tags.integer) members.shift()
  const [inner, issuer, thisUpdate, ...rest] = members
  const oid = readOid(childrenOf(expectTag(algorithm, tags.sequence))[0])
  if (readOid(childrenOf(expectTag(inner, tags.sequence))[0]) !== oid) return undefined
  const next = rest[0] !== undefined && isTime(rest[0]) ? rest.shift() : undefined
  const entries = rest[0]?.tag === tags.sequence ? childrenOf(rest[0]) : []
  const serials = new Set<string>()
  for (const entry of entries) {
    const [serial, , extensions] = childrenOf(entry)
    // An entry of an indirect list, say, is of another issuer's certificate: such lists are not taken at all.
    if (extensions !== undefined && hasUnknownCritical(extensions)) return undefined
    serials.add(hex(expectTag(serial, tags.integer).content))
  }
  const extensions = rest.find(({ tag }) => tag === 0xa0)
  const listed = extensions === undefined ? undefined : childrenOf(extensions)[0]
  if (listed !== undefined && hasUnknownCritical(listed)) return undefined
  const signatureBytes = readBytes(signature)
  return {
    issuerBytes: expectTag(issuer, tags.sequence).whole,
    thisUpdate: readTime(thisUpdate),
    nextUpdate: next === undefined ? undefined : readTime(next),
    revoked: (serial) => serials.has(hex(serial)),
    signedBy: (key) => verifySigned(oid, signed.whole, key, signatureBytes),
  }
}

/**
 * The revocation lists in PEM text: whole ones, of certificates their issuer made. Delta lists, indirect ones and those of
 * some purposes or reasons only, which say so in critical extensions, are not taken.
 * @returns undefined when one cannot be read or used
 */
export const readRevocationLists = (pem: string): readonly RevocationList[] | undefined => {
  try {
    const lists = readPem(pem, 'X509 CRL')?.map(read)
    return lists?.every((list) => list !== undefined) === true ? lists : undefined
  } catch {
    return undefined
  }
}
