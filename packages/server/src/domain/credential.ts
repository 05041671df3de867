/** How a secret is kept. Never the secret itself. */
export type SecretHash =
  /** A generated secret of 256 bits: SHA-256, base64url. */
  | { readonly kind: 'sha256'; readonly digest: string }
  /** A chosen or imported secret, slowly hashed: a PHC string (argon2id, bcrypt, pbkdf2, scrypt). */
  | { readonly kind: 'phc'; readonly phc: string }

/** A client's secret: one kind of credential. Times are epoch milliseconds. */
export type SecretCredential = {
  readonly id: string
  readonly type: 'secret'
  readonly hash: SecretHash
  /** The last four characters of a generated secret, to tell several apart; empty for a chosen one. */
  readonly hint: string
  readonly created: number
  readonly expires: number | undefined
}

/** One way for a client to prove itself; later work adds public keys, certificates, federated identities. */
export type Credential = SecretCredential
