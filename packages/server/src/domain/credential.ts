import type { ClaimMatcher } from './claim-matcher.ts'
import type { CredentialLife } from './credential-state.ts'

/** How a secret is kept. Never the secret itself. */
export type SecretHash =
  /** A generated secret of 256 bits: SHA-256, base64url. */
  | { readonly kind: 'sha256'; readonly digest: string }
  /** A chosen or imported secret, slowly hashed: a PHC string (argon2id, bcrypt, pbkdf2, scrypt). */
  | { readonly kind: 'phc'; readonly phc: string }

/**
 * A client's secret, as far as proving it goes: one kind of credential. Kept in memory for every client in use, so nothing
 * is in it that a token request does not need.
 */
export type SecretCredential = CredentialLife & {
  readonly id: string
  readonly type: 'secret'
  readonly hash: SecretHash
  /** Epoch milliseconds. */
  readonly expires: number | undefined
}

/** Signature algorithms a client may prove itself by (RFC 7518, RFC 8037); one key has one of them. */
export const clientKeyAlgorithms = ['ES256', 'ES384', 'PS256', 'RS256', 'Ed25519'] as const
export type ClientKeyAlgorithm = (typeof clientKeyAlgorithms)[number]

/** The certificate a key came with. Assertions may name the key by it, and the key ends with it. */
export type KeyCertificate = {
  /** SHA-256 of its DER, base64url: `x5t#S256`. */
  readonly thumbprint: string
  /** Epoch milliseconds, both included. */
  readonly notBefore: number
  readonly notAfter: number
}

/** A public key of a client (RFC 7523): its private part never leaves the client. */
export type KeyCredential = CredentialLife & {
  readonly id: string
  readonly type: 'key'
  readonly algorithm: ClientKeyAlgorithm
  /** What assertions name it by in `kid`; its thumbprint (RFC 7638) unless it came with one. */
  readonly kid: string
  /** The public members of the key alone (RFC 7517). */
  readonly jwk: Readonly<Record<string, string>>
  readonly certificate?: KeyCertificate
  /** The `kid` of the key that was registered first, where the client rolled over from that to this one. */
  readonly origin?: string
  readonly expires: number | undefined
}

/** The keys a client publishes by itself (`jwks_uri`, RFC 7591 §2). */
export type KeySetCredential = CredentialLife & {
  readonly id: string
  readonly type: 'key-set'
  /** https. */
  readonly uri: string
  readonly expires: number | undefined
}

/** Where a certificate has the name a client is known by (RFC 8705 §2.1.2). */
export const certificateSubjectMatches = ['subject-dn', 'san-dns', 'san-uri', 'san-ip', 'san-email'] as const
export type CertificateSubjectMatch = (typeof certificateSubjectMatches)[number]

/** The one name that a certificate of a trusted CA must have (RFC 8705 §2.1). */
export type CertificateSubjectCredential = CredentialLife & {
  readonly id: string
  readonly type: 'certificate-subject'
  readonly match: CertificateSubjectMatch
  readonly value: string
  readonly expires: number | undefined
}

/** A certificate that the client proves itself by, whoever signed it (RFC 8705 §2.2). */
export type CertificateCredential = CredentialLife & {
  readonly id: string
  readonly type: 'certificate'
  /** Whether it is this certificate, or any with the same public key. */
  readonly match: 'certificate' | 'public-key'
  /** SHA-256 of its DER, or of its SubjectPublicKeyInfo; base64url. */
  readonly digest: string
  readonly expires: number | undefined
}

/** A workload of a platform that is this client (RFC 7521 §6.2): its tokens must be of the trust and match in everything. */
export type FederatedCredential = CredentialLife & {
  readonly id: string
  readonly type: 'federated'
  /** Id of a trust of the workspace. */
  readonly trust: string
  readonly match: readonly ClaimMatcher[]
  readonly expires: number | undefined
}

/** One way for a client to prove itself. */
export type Credential =
  | SecretCredential
  | KeyCredential
  | KeySetCredential
  | CertificateSubjectCredential
  | CertificateCredential
  | FederatedCredential

export const isSecret = (credential: Credential): credential is SecretCredential => credential.type === 'secret'
