/** A private key as JWK, with its name and when it was made. */
export interface RollingJwk extends JsonWebKey {
  readonly kid?: string
  readonly alg?: string
  /** Epoch seconds. */
  readonly created?: number
}

/** A key that is kept, and when it was (epoch seconds). */
export interface KeptKey {
  readonly key: RollingJwk
  readonly since: number
}

/**
 * Where a client keeps its key. Everything is durable when its promise resolves, and several processes may have the same place.
 *
 * A next key is kept before the server is asked, so that whenever the client ends it goes on with the very same one: two
 * different successors of one key look as if somebody had copied it.
 */
export interface KeyStorage {
  /** The present key. */
  read(): Promise<KeptKey>
  /** The key that is to follow another, where there is one. @param thumbprint of that other one (RFC 7638) */
  readNext(thumbprint: string): Promise<RollingJwk | undefined>
  /** Keeps the key that is to follow, unless one is kept already; resolves to the one that is. */
  keepNext(thumbprint: string, next: RollingJwk): Promise<RollingJwk>
  /** Makes the key that follows the present one, whole or not at all. What followed stays known until the next time. */
  promote(thumbprint: string, next: RollingJwk): Promise<void>
  /** Gives up a key that was to follow and that the server does not know. */
  withdraw(thumbprint: string): Promise<void>
}

/**
 * Keeps the key in memory: for tests, and for a client that writes it elsewhere by itself.
 * @param since epoch seconds it counts as made, where the key does not say; default now
 */
export function keyInMemory(key: RollingJwk, since = Math.floor(Date.now() / 1_000)): KeyStorage {
  let present: KeptKey = { key, since: key.created ?? since }
  const following = new Map<string, RollingJwk>()
  return {
    read: async () => present,
    readNext: async (thumbprint) => following.get(thumbprint),
    keepNext: async (thumbprint, next) => {
      const kept = following.get(thumbprint) ?? next
      following.set(thumbprint, kept)
      return kept
    },
    promote: async (thumbprint, next) => {
      present = { key: next, since: next.created ?? since }
      for (const other of following.keys()) if (other !== thumbprint) following.delete(other)
    },
    withdraw: async (thumbprint) => {
      following.delete(thumbprint)
    },
  }
}
