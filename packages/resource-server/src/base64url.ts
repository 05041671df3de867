const alphabet = /^[A-Za-z0-9_-]*$/
// The last characters whose unused low bits are zero: four of them after one byte, two after two (RFC 4648 §3.5).
const lastOfTwo = 'AQgw'
const lastOfThree = 'AEIMQUYcgkosw048'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
const ascii = /^[\x00-\x7f]*$/

/**
 * Decodes base64url as RFC 7515 §2 has it: without padding, line breaks or anything else, and with the unused bits of
 * the last character zero, so that each byte string has exactly one spelling.
 * @throws TypeError
 */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> {
  return bytesOf(decode(text))
}

/**
 * The same, of UTF-8; a byte order mark is kept.
 * @throws TypeError when it is not base64url, or what it encodes not UTF-8
 */
export function decodeBase64urlText(text: string): string {
  const binary = decode(text)
  return ascii.test(binary) ? binary : utf8.decode(bytesOf(binary))
}

/** Encodes as RFC 7515 §2 has it, without padding; `decodeBase64url` takes it back. */
export const encodeBase64url = (bytes: Uint8Array): string => fromBase64(btoa(String.fromCharCode(...bytes)))

/** The same bytes, from the spelling of base64 that is not made for URLs. */
export const fromBase64 = (base64: string): string =>
  base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

/** One character per byte. */
function decode(text: string): string {
  if (!isCanonical(text)) throw new TypeError('This is not canonical base64url')
  return atob(text.replaceAll('-', '+').replaceAll('_', '/'))
}

function bytesOf(binary: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(binary.length)
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index)
  return bytes
}

function isCanonical(text: string): boolean {
  if (!alphabet.test(text)) return false
  const last = text.charAt(text.length - 1)
  switch (text.length % 4) {
    case 0:
      return true
    case 2:
      return lastOfTwo.includes(last)
    case 3:
      return lastOfThree.includes(last)
    default:
      return false
  }
}
