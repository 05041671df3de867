import type { Secret } from '../credential.ts'

/** What a store has under a key. */
export interface StoredToken {
  /** As it was written. */
  readonly content: Uint8Array<ArrayBuffer>
  /** Milliseconds that have passed since it was written at least, where the store has a better clock for that than `Date.now`. */
  readonly age?: number | undefined
}

/**
 * Where tokens are kept so that other processes find them. It sees neither tokens nor what they are for: keys are digests, and
 * contents are sealed. What it throws, or that it does not answer, is reported as an event, and the source does without it;
 * only a TokenError `cache_unsafe` is passed on.
 */
export interface TokenStore {
  /** What was last written under the key, or undefined. Old content does no harm. */
  read(key: string): Promise<StoredToken | undefined>
  /** @param lifetime seconds after which the content is of no use to anybody */
  write(key: string, content: Uint8Array<ArrayBuffer>, lifetime: number): Promise<void>
  /**
   * Does the work while nobody else does work of the same key, in this process or another; after the patience all the
   * same, since two requests are better than none.
   * @param patience milliseconds
   */
  exclusively(key: string, work: () => Promise<void>, patience: number): Promise<void>
  /** What contents are sealed with instead of the client's credential. */
  readonly sealingSecret?: Secret | undefined
}
