import {
  childrenOf,
  type DerElement,
  DerError,
  expectTag,
  readBits,
  readBoolean,
  readDer,
  readOid,
  readSmallInteger,
  tags,
} from './der.ts'

/** The names in a subjectAltName extension that a client can be registered by (RFC 5280 §4.2.1.6). */
export type AlternativeNames = {
  readonly email: readonly string[]
  readonly dns: readonly string[]
  readonly uri: readonly string[]
  /** The bytes of addresses, 4 or 16 of them. */
  readonly ip: readonly Uint8Array[]
}

/** What the extensions of a certificate say (RFC 5280 §4.2). */
export type Extensions = {
  readonly alternativeNames: AlternativeNames
  /** basicConstraints; undefined where the certificate has none. */
  readonly constraints: { readonly ca: boolean; readonly pathLength: number | undefined } | undefined
  /** keyUsage; undefined where there is none, and every use is allowed. */
  readonly keyUsage:
    | { readonly digitalSignature: boolean; readonly certificates: boolean; readonly revocationLists: boolean }
    | undefined
  /** Identifiers in extKeyUsage; undefined where there is none, and every purpose is allowed. */
  readonly purposes: readonly string[] | undefined
  /** Identifiers of extensions that decide whether it may be trusted and that we do not process. */
  readonly unprocessed: readonly string[]
}

const nameConstraints = '2.5.29.30'
/** Critical extensions that may be there without changing what we decide: policies bind only those who demand one. */
const harmless = ['2.5.29.32']

const latin = ({ content }: DerElement): string => {
  if (content.some((byte) => byte >= 0x80)) throw new DerError('an alternative name is not ASCII')
  return Buffer.from(content).toString('latin1')
}

const readAlternativeNames = (value: DerElement): AlternativeNames => {
  const names = childrenOf(expectTag(value, tags.sequence))
  const texts = (tag: number): string[] => names.filter((name) => name.tag === tag).map(latin)
  const ip = names.filter(({ tag }) => tag === 0x87).map(({ content }) => content)
  if (ip.some(({ length }) => length !== 4 && length !== 16)) throw new DerError('an address has another length')
  return { email: texts(0x81), dns: texts(0x82), uri: texts(0x86), ip }
}

const readConstraints = (value: DerElement): Extensions['constraints'] => {
  const members = childrenOf(expectTag(value, tags.sequence))
  const ca = members[0]?.tag === tags.boolean ? readBoolean(members[0]) : false
  const length = members.find(({ tag }) => tag === tags.integer)
  return { ca, pathLength: length === undefined ? undefined : readSmallInteger(length) }
}

const readKeyUsage = (value: DerElement): Extensions['keyUsage'] => {
  const has = readBits(value)
  return { digitalSignature: has(0), certificates: has(5), revocationLists: has(6) }
}

/** What is in the `Extensions` of a certificate. @throws DerError, also when one is there twice */
export const readExtensions = (element: DerElement | undefined): Extensions => {
  const unprocessed: string[] = []
  const seen = new Set<string>()
  const read: { -readonly [M in keyof Extensions]?: Extensions[M] } = {}
  for (const extension of element === undefined ? [] : childrenOf(expectTag(element, tags.sequence))) {
    const members = childrenOf(expectTag(extension, tags.sequence))
    const oid = readOid(members[0])
    if (seen.has(oid)) throw new DerError(`the extension ${oid} is there twice`)
    seen.add(oid)
    const critical = members.length === 3 && readBoolean(members[1])
    const value = readDer(expectTag(members.at(-1), tags.octetString).content)
    if (oid === '2.5.29.15') read.keyUsage = readKeyUsage(value)
    else if (oid === '2.5.29.17') read.alternativeNames = readAlternativeNames(value)
    else if (oid === '2.5.29.19') read.constraints = readConstraints(value)
    else if (oid === '2.5.29.37') read.purposes = childrenOf(expectTag(value, tags.sequence)).map(readOid)
    // Names a CA may not vouch for: to pass over them would let it vouch for all.
    else if (oid === nameConstraints || (critical && !harmless.includes(oid))) unprocessed.push(oid)
  }
  return {
    alternativeNames: read.alternativeNames ?? { email: [], dns: [], uri: [], ip: [] },
    constraints: read.constraints,
    keyUsage: read.keyUsage,
    purposes: read.purposes,
    unprocessed,
  }
}
