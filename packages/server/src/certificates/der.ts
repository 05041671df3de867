/** Bytes that are not what DER allows (ITU-T X.690 §10). */
export class DerError extends Error {
  override readonly name = 'DerError'
}

/** One element of DER: what kind it is, its content, and itself whole, as signed. */
export type DerElement = {
  /** The identifier octet: class, constructed or not, number. */
  readonly tag: number
  readonly content: Uint8Array
  readonly whole: Uint8Array
}

/** Identifier octets of the universal types we read. */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

const readAt = (bytes: Uint8Array, start: number): { readonly element: DerElement; readonly end: number } => {
  const tag = bytes[start]
  const first = bytes[start + 1]
  if (tag === undefined || first === undefined) throw new DerError('it ends early')
  if ((tag & 0x1f) === 0x1f) throw new DerError('it has a tag of several bytes')
  let length = first
  let at = start + 2
  if (first >= 0x80) {
    const count = first & 0x7f
    if (count === 0 || count > 3) throw new DerError('it has a length that is indefinite or too large')
    length = 0
    for (let index = 0; index < count; index += 1) length = length * 256 + (bytes[at + index] ?? 0)
    at += count
    if (length < 0x80 || length < 256 ** (count - 1)) throw new DerError('it has a length that is not the shortest')
  }
  const end = at + length
  if (end > bytes.length) throw new DerError('it ends early')
  return { element: { tag, content: bytes.subarray(at, end), whole: bytes.subarray(start, end) }, end }
}

/** The one element that bytes are. @throws DerError */
export const readDer = (bytes: Uint8Array, tag?: number): DerElement => {
  const { element, end } = readAt(bytes, 0)
  if (end !== bytes.length) throw new DerError('something follows it')
  return tag === undefined ? element : expectTag(element, tag)
}

/** The elements in a constructed one. @throws DerError */
export const childrenOf = ({ content }: Pick<DerElement, 'content'>): readonly DerElement[] => {
  const children: DerElement[] = []
  for (let at = 0; at < content.length; ) {
    const { element, end } = readAt(content, at)
    children.push(element)
    at = end
  }
  return children
}

/** @throws DerError when it is missing or of another kind */
export const expectTag = (element: DerElement | undefined, tag: number): DerElement => {
  if (element?.tag !== tag) throw new DerError(`0x${tag.toString(16)} is missing`)
  return element
}

/** An object identifier, dotted. */
export const readOid = (element: DerElement | undefined): string => {
  const { content } = expectTag(element, tags.oid)
  const arcs: bigint[] = []
  let arc = 0n
  let open = false
  for (const byte of content) {
    if (!open && byte === 0x80) throw new DerError('an object identifier is not the shortest')
    arc = arc * 128n + BigInt(byte & 0x7f)
    open = byte >= 0x80
    if (open) continue
    arcs.push(arc)
    arc = 0n
  }
  const [first, ...others] = arcs
  if (first === undefined || open) throw new DerError('an object identifier ends early')
  const root = first < 40n ? 0n : first < 80n ? 1n : 2n
  return [root, first - root * 40n, ...others].join('.')
}

/** A bit string that is made of whole bytes, as signatures are. */
export const readBytes = (element: DerElement | undefined): Uint8Array => {
  const { content } = expectTag(element, tags.bitString)
  if (content[0] !== 0) throw new DerError('a bit string is not made of bytes')
  return content.subarray(1)
}

/** Whether a bit of a bit string is set, counted from the first. */
export const readBits = (element: DerElement | undefined): ((bit: number) => boolean) => {
  const { content } = expectTag(element, tags.bitString)
  return (bit) => ((content[1 + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7))) !== 0
}

/** A whole number that is small. */
export const readSmallInteger = (element: DerElement | undefined): number => {
  const { content } = expectTag(element, tags.integer)
  if (content.length === 0 || content.length > 3 || (content[0] ?? 0) >= 0x80)
    throw new DerError('a number is too large')
  return content.reduce((value, byte) => value * 256 + byte, 0)
}

export const readBoolean = (element: DerElement | undefined): boolean => {
  const { content } = expectTag(element, tags.boolean)
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) throw new DerError('a boolean is neither')
  return content[0] !== 0
}

/** A time of a certificate or revocation list in epoch milliseconds (RFC 5280 §4.1.2.5). */
export const readTime = (element: DerElement | undefined): number => {
  const text = Buffer.from(element?.content ?? []).toString('latin1')
  const utc = element?.tag === tags.utcTime
  if (!utc) expectTag(element, tags.generalizedTime)
  const parts = (utc ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/).exec(
    text,
  )
  if (parts === null) throw new DerError('a time has another form')
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number)
  const full = utc ? year + (year < 50 ? 2000 : 1900) : year
  const time = new Date(0)
  time.setUTCFullYear(full, month - 1, day)
  time.setUTCHours(hour, minute, second)
  if (time.getUTCMonth() !== month - 1 || time.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) {
    throw new DerError('a time does not exist')
  }
  return time.getTime()
}
