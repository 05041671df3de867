import { type DpopAlgorithm, dpopAlgorithms, dpopPublicKey } from './dpop-key.ts'
import { invalidDpopProof } from './dpop-refusal.ts'

/** A DPoP proof taken apart (RFC 9449 §4.2). Its signature, times, target, nonce and token are not checked yet. */
export interface DpopProof {
  readonly algorithm: DpopAlgorithm
  /** The members that make the public key, and no others. */
  readonly jwk: Readonly<Record<string, string>>
  /** What the thumbprint of the key is the SHA-256 of (RFC 7638 §3). */
  readonly thumbprintInput: string
  /** What is signed: header and payload as they were sent. */
  readonly signingInput: string
  /** In base64url. */
  readonly signature: string
  readonly jti: string
  readonly htm: string
  readonly htu: string
  /** Seconds since 1970. */
  readonly iat: number
  readonly ath: string | undefined
  readonly nonce: string | undefined
}

/** Seconds a proof is good for, and seconds by which the clock of its maker may be ahead of ours (RFC 9449 §11.1). */
export const dpopProofAge = 60
export const dpopClockLeeway = 15

const maximumProofLength = 8_192
const maximumTextLength = 2_048
const maximumJtiLength = 256

/**
 * Takes the value of a `DPoP` header apart (RFC 9449 §4.3, checks 2 to 6 and part of 7: the key is a public one and fits
 * the algorithm).
 * @throws OAuthError `invalid_dpop_proof`
 */
export function readDpopProof(text: string): DpopProof {
  const [, header = '', payload = '', signature = ''] =
    text.length > maximumProofLength ? [] : (/^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(text) ?? [])
  if (header === '') throw invalidDpopProof('malformed')
  const { typ, alg, jwk, crit, b64 } = readObject(header)
  if (typeof typ !== 'string' || !/^(?:application\/)?dpop\+jwt$/i.test(typ)) {
    throw invalidDpopProof('typ', 'dpop+jwt', typ)
  }
  if (crit !== undefined || b64 !== undefined) throw invalidDpopProof('crit')
  const named = dpopAlgorithms.find((known) => known === alg)
  if (named === undefined) throw invalidDpopProof('algorithm', dpopAlgorithms.join(' '), alg)
  const algorithm = named === 'EdDSA' ? 'Ed25519' : named
  const key = dpopPublicKey(jwk, algorithm)
  const { jti, htm, htu, iat, ath, nonce } = readObject(payload)
  if (!isText(jti, maximumJtiLength)) throw invalidDpopProof('jti')
  if (!isText(htm)) throw invalidDpopProof('htm', undefined, htm)
  if (!isText(htu)) throw invalidDpopProof('htu', undefined, htu)
  if (typeof iat !== 'number' || !Number.isFinite(iat)) throw invalidDpopProof('iat', undefined, iat)
  if (ath !== undefined && !isText(ath)) throw invalidDpopProof('ath')
  if (nonce !== undefined && !isText(nonce)) throw invalidDpopProof('nonce-malformed')
  return {
    algorithm,
    jwk: key,
    // Sorted by name, as RFC 7638 §3.2 wants it.
    thumbprintInput: JSON.stringify(Object.fromEntries(Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1)))),
    signingInput: `${header}.${payload}`,
    signature,
    jti,
    htm,
    htu,
    iat,
    ath,
    nonce,
  }
}

/**
 * Checks what a proof is for and when it was made (RFC 9449 §4.3, checks 8, 9 and 11).
 * @param url what was asked for, as the caller of it sees it
 * @param now seconds since 1970
 * @throws OAuthError `invalid_dpop_proof`
 */
export function checkDpopTarget(proof: DpopProof, method: string, url: string, now: number): void {
  if (proof.htm !== method) throw invalidDpopProof('htm', method, proof.htm)
  // Most are equal as they stand.
  if (proof.htu !== url) {
    const target = plainUrl(url)
    if (target === undefined || plainUrl(proof.htu) !== target) throw invalidDpopProof('htu', target, proof.htu)
  }
  if (proof.iat < now - dpopProofAge)
    throw invalidDpopProof('iat', `after ${Math.floor(now)} - ${dpopProofAge}`, proof.iat)
  if (proof.iat > now + dpopClockLeeway) {
    throw invalidDpopProof('iat', `before ${Math.floor(now)} + ${dpopClockLeeway}`, proof.iat)
  }
}

/**
 * A URL without query and fragment, in the one spelling that all equal ones have (RFC 3986 §6.2.2, §6.2.3), which is what
 * RFC 9449 §4.3 compares; undefined when it is no http(s) URL, or names a user.
 */
function plainUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const { protocol, origin, pathname, username, password } = new URL(text)
  if ((protocol !== 'https:' && protocol !== 'http:') || username !== '' || password !== '') return undefined
  const path = pathname.replace(/%[0-9a-f]{2}/gi, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
    return /[A-Za-z0-9\-._~]/.test(character) ? character : encoded.toUpperCase()
  })
  return `${origin}${path}`
}

const isText = (value: unknown, maximum = maximumTextLength): value is string =>
  typeof value === 'string' && value !== '' && value.length <= maximum

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
const ascii = /^[\x00-\x7f]*$/
const utf8 = (binary: string): string =>
  new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(binary, (character) => character.charCodeAt(0)))

function readObject(base64url: string): Readonly<Record<string, unknown>> {
  try {
    const binary = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'))
    const value: unknown = JSON.parse(ascii.test(binary) ? binary : utf8(binary))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // Said below, as for every other malformed proof; the message of a parser would quote it.
  }
  throw invalidDpopProof('malformed')
}
