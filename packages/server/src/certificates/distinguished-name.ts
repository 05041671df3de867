import { childrenOf, type DerElement, DerError, expectTag, readOid, tags } from './der.ts'

/** One attribute of a name: its type as a dotted object identifier, its value as text. */
type Attribute = { readonly type: string; readonly value: string }

/** A name as X.501 has it: a sequence of sets of attributes, the most significant (mostly the country) first. */
export type DistinguishedName = readonly (readonly Attribute[])[]

/** Short names of attribute types (RFC 4514 §3), and those that certificate tools print besides. */
const shortNames: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  SN: '2.5.4.4',
  SERIALNUMBER: '2.5.4.5',
  C: '2.5.4.6',
  L: '2.5.4.7',
  ST: '2.5.4.8',
  STREET: '2.5.4.9',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  TITLE: '2.5.4.12',
  GIVENNAME: '2.5.4.42',
  DNQUALIFIER: '2.5.4.46',
  ORGANIZATIONIDENTIFIER: '2.5.4.97',
  UID: '0.9.2342.19200300.100.1.1',
  DC: '0.9.2342.19200300.100.1.25',
  EMAILADDRESS: '1.2.840.113549.1.9.1',
}
const shortNameOf = new Map(Object.entries(shortNames).map(([name, oid]) => [oid, name]))

/** @throws DerError for a kind of text we do not compare */
const readText = ({ tag, content }: DerElement): string => {
  const bytes = Buffer.from(content)
  if (tag === tags.utf8String) return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  if (tag === tags.printableString || tag === tags.ia5String) {
    if (bytes.some((byte) => byte >= 0x80)) throw new DerError('a name has bytes that its type does not allow')
    return bytes.toString('latin1')
  }
  if (tag === tags.bmpString && bytes.length % 2 === 0) return bytes.swap16().toString('utf16le')
  throw new DerError('a name has text of a type that cannot be compared')
}

/** A name from its DER. @throws DerError */
export const readName = (element: DerElement | undefined): DistinguishedName =>
  childrenOf(expectTag(element, tags.sequence)).map((set) => {
    const attributes = childrenOf(expectTag(set, tags.set)).map((attribute) => {
      const [type, value, ...others] = childrenOf(expectTag(attribute, tags.sequence))
      if (value === undefined || others.length > 0) throw new DerError('a name has a malformed attribute')
      return { type: readOid(type), value: readText(value) }
    })
    if (attributes.length === 0) throw new DerError('a name has an empty part')
    return attributes
  })

const escaped = (value: string): string =>
  value
    .replace(/[\\",;<>+=]|^[ #]| $/g, '\\$&')
    .replace(/[\p{Cc}\p{Cf}]/gu, (character) =>
      [...Buffer.from(character)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join(''),
    )

/** A name as text, the most significant part last (RFC 4514 §2). */
export const formatName = (name: DistinguishedName): string =>
  name
    .map((set) => set.map(({ type, value }) => `${shortNameOf.get(type) ?? type}=${escaped(value)}`).join('+'))
    .reverse()
    .join(',')

/**
 * Whether two names are the same, part by part: types by their identifiers, values character by character whatever type of
 * text holds them, and the attributes of one part in any order. Nothing is folded or normalized: two names that differ in
 * the case of a letter may be two machines.
 */
export const sameName = (one: DistinguishedName, other: DistinguishedName): boolean =>
  canonical(one) === canonical(other)

const canonical = (name: DistinguishedName): string =>
  JSON.stringify(name.map((set) => set.map(({ type, value }) => JSON.stringify([type, value])).sort()))

/**
 * Reads a name from its text (RFC 4514 §3). Spaces around separators, which many tools print, are no part of it.
 * @returns undefined when it is none
 */
export const parseName = (text: string): DistinguishedName | undefined => {
  const name: Attribute[][] = []
  let set: Attribute[] = []
  let at = 0
  for (;;) {
    const type = /^\s*([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)\s*=\s*/.exec(text.slice(at))
    const oid = type?.[1] && (shortNames[type[1].toUpperCase()] ?? (/^\d/.test(type[1]) ? type[1] : undefined))
    if (!type || !oid) return undefined
    at += type[0].length
    const read = readValue(text, at)
    if (read === undefined) return undefined
    set.push({ type: oid, value: read.value })
    at = read.end
    const separator = text[at]
    if (separator !== '+') {
      name.unshift(set)
      set = []
    }
    if (separator === undefined) return name
    at += 1
  }
}

/** A value up to an unescaped separator; undefined when it is malformed or empty. */
const readValue = (text: string, start: number): { readonly value: string; readonly end: number } | undefined => {
  const bytes: Buffer[] = []
  // What an escape wrote is a part of the value even when it is a space.
  let kept = 0
  let at = start
  for (; at < text.length; ) {
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
    if (character === ',' || character === '+') break
    if ('";<>\0'.includes(character) || (character === '#' && at === start)) return undefined
    if (character !== '\\') {
      bytes.push(Buffer.from(character))
      at += character.length
      if (character !== ' ') kept = bytes.length
      continue
    }
    const hex = /^[0-9A-Fa-f]{2}/.exec(text.slice(at + 1))?.[0]
    const special = text[at + 1]
    if (hex !== undefined) bytes.push(Buffer.from(hex, 'hex'))
    else if (special !== undefined && ' "#+,;<=>\\'.includes(special)) bytes.push(Buffer.from(special))
    else return undefined
    at += hex === undefined ? 2 : 3
    kept = bytes.length
  }
  try {
    const value = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(bytes.slice(0, kept)))
    return value === '' ? undefined : { value, end: at }
  } catch {
    return undefined
  }
}
