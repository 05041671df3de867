/** What is known of one signature algorithm: which keys it takes, how long its signatures are, how it is verified. */
export interface SignatureAlgorithm {
  readonly kty: 'EC' | 'OKP' | 'RSA'
  /** The curve of its keys; RSA has none. */
  readonly crv?: string
  /** Bytes of a signature; of RSA as many as the modulus has. */
  readonly signatureBytes?: number
  /** Its name in WebCrypto. */
  readonly name: 'ECDSA' | 'Ed25519' | 'RSASSA-PKCS1-v1_5' | 'RSA-PSS'
  readonly hash?: string
  /** Bytes of the salt of RSA-PSS. */
  readonly saltLength?: number
}

const ecdsa = (crv: string, hash: string, signatureBytes: number): SignatureAlgorithm => ({
  kty: 'EC',
  crv,
  signatureBytes,
  name: 'ECDSA',
  hash,
})
const pkcs1 = (hash: string): SignatureAlgorithm => ({ kty: 'RSA', name: 'RSASSA-PKCS1-v1_5', hash })
const pss = (hash: string, saltLength: number): SignatureAlgorithm => ({
  kty: 'RSA',
  name: 'RSA-PSS',
  hash,
  saltLength,
})
const ed25519: SignatureAlgorithm = { kty: 'OKP', crv: 'Ed25519', signatureBytes: 64, name: 'Ed25519' }

/**
 * Every signature algorithm that can be allowed (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2): asymmetric ones only, so
 * that no public key can be taken for a secret.
 */
export const signatureAlgorithms = {
  ES256: ecdsa('P-256', 'SHA-256', 64),
  ES384: ecdsa('P-384', 'SHA-384', 96),
  ES512: ecdsa('P-521', 'SHA-512', 132),
  RS256: pkcs1('SHA-256'),
  RS384: pkcs1('SHA-384'),
  RS512: pkcs1('SHA-512'),
  PS256: pss('SHA-256', 32),
  PS384: pss('SHA-384', 48),
  PS512: pss('SHA-512', 64),
  EdDSA: ed25519,
  Ed25519: ed25519,
} as const satisfies Readonly<Record<string, SignatureAlgorithm>>

export type Algorithm = keyof typeof signatureAlgorithms

/** Whether a name is one of an algorithm that can be allowed. */
export const isAlgorithm = (name: unknown): name is Algorithm =>
  typeof name === 'string' && Object.hasOwn(signatureAlgorithms, name)

/** Whether two names mean one algorithm: `EdDSA` with a key on Ed25519 is `Ed25519` (RFC 9864 §2.2). */
export const isSameAlgorithm = (one: Algorithm, other: Algorithm): boolean =>
  one === other || (signatureAlgorithms[one] === ed25519 && signatureAlgorithms[other] === ed25519)
