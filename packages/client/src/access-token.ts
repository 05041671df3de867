export interface AccessTokenFields {
  readonly value: string
  /** Default Bearer. */
  readonly type?: 'Bearer' | 'DPoP' | undefined
  readonly scopes: readonly string[]
  readonly lifetime: number
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/**
 * A token as it was issued. Its value is in a private field, so that an inspected, logged or serialized token shows
 * what it is for and not what it is.
 */
export class AccessToken {
  readonly #value: string
  /** How it is sent: one that is bound to a key (RFC 9449) goes with a proof. */
  readonly type: 'Bearer' | 'DPoP'
  /** What was granted; may be less than what was asked for. */
  readonly scopes: readonly string[]
  /** Seconds from its issue to its expiry. */
  readonly lifetime: number
  /** When it expires by this machine's clock, counted from before it was asked for; for logs and for handing it on. */
  readonly expiresAt: Date

  constructor({ value, type = 'Bearer', scopes, lifetime, expiresAt }: AccessTokenFields) {
    this.#value = value
    this.type = type
    this.scopes = scopes
    this.lifetime = lifetime
    this.expiresAt = new Date(expiresAt)
  }

  /** The token itself. */
  get value(): string {
    return this.#value
  }

  /** The value of the `Authorization` header (RFC 6750 §2.1, RFC 9449 §7.1). */
  get authorization(): string {
    return `${this.type} ${this.#value}`
  }
}
