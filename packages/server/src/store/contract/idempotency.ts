export type IdempotencyRecord = {
  /** Who and key, so that administrators do not share keys. */
  readonly key: string
  /** Digest of the request, to refuse a key used again for something else. */
  readonly request: string
  /** The answer given, sealed: it may hold a secret shown once. */
  readonly response: string
  readonly expires: number
}

export type IdempotencyStore = {
  readonly find: (key: string, now: number) => Promise<IdempotencyRecord | undefined>
  readonly save: (record: IdempotencyRecord) => Promise<void>
  readonly purge: (now: number, limit: number) => Promise<number>
}
