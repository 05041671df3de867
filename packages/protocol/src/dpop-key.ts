import { invalidDpopProof } from './dpop-refusal.ts'

/** Signature algorithms of DPoP proofs: asymmetric ones only (RFC 9449 §4.2). `EdDSA` is the older name of `Ed25519`. */
export const dpopAlgorithms = ['ES256', 'ES384', 'PS256', 'RS256', 'Ed25519', 'EdDSA'] as const
export type DpopAlgorithm = Exclude<(typeof dpopAlgorithms)[number], 'EdDSA'>

// The last of 43 characters has two unused bits, which are zero, so that a key has one thumbprint.
const bytes32 = /^[\w-]{42}[AEIMQUYcgkosw048]$/
const bytes48 = /^[\w-]{64}$/
/** 2048, 3072 or 4096 bits, the first of which is set. */
const modulus = /^[g-z0-9_-](?:[\w-]{340}[AQgw]|[\w-]{511}|[\w-]{681}[AEIMQUYcgkosw048])$/
const exponent = /^AQAB$/

type KeyShape = {
  readonly fixed: Readonly<Record<string, string>>
  readonly material: Readonly<Record<string, RegExp>>
}

const rsa: KeyShape = { fixed: { kty: 'RSA' }, material: { e: exponent, n: modulus } }

/** What the public key of each algorithm looks like. */
const keyShapes: Readonly<Record<DpopAlgorithm, KeyShape>> = {
  ES256: { fixed: { crv: 'P-256', kty: 'EC' }, material: { x: bytes32, y: bytes32 } },
  ES384: { fixed: { crv: 'P-384', kty: 'EC' }, material: { x: bytes48, y: bytes48 } },
  Ed25519: { fixed: { crv: 'Ed25519', kty: 'OKP' }, material: { x: bytes32 } },
  PS256: rsa,
  RS256: rsa,
}

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/**
 * The public key in the header of a proof: the members that make it, and no others.
 * @throws OAuthError `invalid_dpop_proof` when it is private, of another algorithm, too weak or malformed
 */
export function dpopPublicKey(jwk: unknown, algorithm: DpopAlgorithm): Readonly<Record<string, string>> {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) throw invalidDpopProof('jwk-present')
  const given = jwk as Readonly<Record<string, unknown>>
  // None of its values is repeated anywhere: whoever sends a private key must not find it in our logs.
  if (privateMembers.some((name) => Object.hasOwn(given, name))) throw invalidDpopProof('jwk-public')
  const { fixed, material } = keyShapes[algorithm]
  const fits = Object.entries(fixed).every(([name, value]) => given[name] === value)
  if (!fits) throw invalidDpopProof('jwk-fits', algorithm)
  const key: Record<string, string> = { ...fixed }
  for (const [name, shape] of Object.entries(material)) {
    const value = given[name]
    if (typeof value !== 'string' || !shape.test(value)) throw invalidDpopProof('jwk-malformed', algorithm)
    key[name] = value
  }
  return key
}
