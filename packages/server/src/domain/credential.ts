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
export type SecretCredential = {
  readonly id: string
  readonly type: 'secret'
  readonly hash: SecretHash
  /** Epoch milliseconds. */
  readonly expires: number | undefined
}

/** One way for a client to prove itself; later work adds public keys, certificates, federated identities. */
export type Credential = SecretCredential
