/** Values that count once, such as the `jti` of a client assertion. */
export type SingleUseStore = {
  /**
   * Takes a value: true for the first call of all, on any node, durably; false for every other until it is purged. Calls
   * of concurrent requests share one commit.
   * @param digest of the value and of whose it is
   * @param expires when the value counts no more in any case; the same each time the same value comes, since a store may
   * look for a value only among those of its hour
   */
  readonly use: (digest: string, expires: number) => Promise<boolean>
  /** Forgets what expired before `now`, or before its hour, about as many as `limit` at a time; returns how many went. */
  readonly purge: (now: number, limit: number) => Promise<number>
}
