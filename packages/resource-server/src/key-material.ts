import { decodeBase64url } from './base64url.ts'
import type { PublicJwk } from './public-jwk.ts'

/** Bits of an RSA modulus: fewer are too weak (RFC 7518 §3.3), more make each verification slow. */
export const modulusBits = { minimum: 2_048, maximum: 8_192 }

// FIPS 186-5 §5.4: odd and above 2^16. Four bytes are more than anybody uses.
const exponent = { minimum: 65_537, bytes: 4 }

const coordinateBytes: Readonly<Record<string, number>> = { 'P-256': 32, 'P-384': 48, 'P-521': 66, Ed25519: 32 }

/** The members that make the key, and nothing else. */
interface Material {
  readonly material: Readonly<Record<string, string>>
}

/**
 * Checks the public key of RSA (RFC 7518 §6.3.1).
 * @returns the bytes its signatures have
 * @throws TypeError
 */
export function checkModulus({ kty, n, e }: PublicJwk): Material & { readonly signatureBytes: number } {
  const modulus = unsigned(n, 'n')
  const bits = (modulus.length - 1) * 8 + (32 - Math.clz32(modulus[0] ?? 0))
  if (bits < modulusBits.minimum || bits > modulusBits.maximum) throw new TypeError(`The RSA key has ${bits} bits`)
  if (isEven(modulus)) throw new TypeError('The RSA modulus is even')
  const exponentBytes = unsigned(e, 'e')
  const value = exponentBytes.reduce((sum, byte) => sum * 256 + byte, 0)
  if (exponentBytes.length > exponent.bytes || value < exponent.minimum || isEven(exponentBytes)) {
    throw new TypeError('The RSA exponent is even, too small or too large')
  }
  return { material: { kty, n: String(n), e: String(e) }, signatureBytes: modulus.length }
}

/**
 * Checks the form of a public key on a curve (RFC 7518 §6.2.1, RFC 8037 §2). Whether the point is on the curve is
 * checked by the platform, at its first use.
 * @throws TypeError
 */
export function checkCurvePoint({ kty, crv = '', x, y }: PublicJwk): Material {
  const bytes = coordinateBytes[crv]
  if (coordinate(x).length !== bytes) throw new TypeError(`The x of the key does not have the length of ${crv}`)
  if (kty === 'OKP') return { material: { kty, crv, x: String(x) } }
  if (coordinate(y).length !== bytes) throw new TypeError(`The y of the key does not have the length of ${crv}`)
  return { material: { kty, crv, x: String(x), y: String(y) } }
}

const coordinate = (text: string | undefined): Uint8Array => decodeBase64url(text ?? '')

/** A Base64urlUInt (RFC 7518 §2), which has no leading zero. */
function unsigned(text: string | undefined, name: string): Uint8Array {
  const bytes = decodeBase64url(text ?? '')
  if (bytes.length === 0 || bytes[0] === 0) throw new TypeError(`The ${name} of the key is no Base64urlUInt`)
  return bytes
}

const isEven = (bytes: Uint8Array): boolean => ((bytes.at(-1) ?? 0) & 1) === 0
