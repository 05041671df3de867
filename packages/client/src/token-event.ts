import type { TokenError } from './errors.ts'

/** What token an event is about. */
export interface WantedToken {
  readonly scopes: readonly string[]
  /** Absolute URIs of the APIs (RFC 8707). */
  readonly resources: readonly string[]
}

/** What happens inside a token source, for logs and metrics. Holds no secret and no token. */
export type TokenEvent = WantedToken &
  (
    | {
        /** There is a new token. */
        readonly type: 'fetched'
        /** Who gave it: the server, or another process by way of the shared cache. */
        readonly from: 'server' | 'cache'
        /** Why it was wanted: none at hand, the one at hand soon too old, or an API refused that one. */
        readonly because: 'missing' | 'due' | 'refused'
        /** Seconds from its issue to its expiry. */
        readonly lifetime: number
        /** Milliseconds it took, waits included. */
        readonly took: number
      }
    /** An attempt failed and there will be another, after so many milliseconds. */
    | { readonly type: 'retry'; readonly error: TokenError; readonly wait: number }
    /** There is no new token; the old one is served and has so many milliseconds left to be. */
    | { readonly type: 'renewal-failed'; readonly error: unknown; readonly servedFor: number }
    /** There is no token, and callers were told so. */
    | { readonly type: 'failed'; readonly error: unknown }
    /** An API refused a token soon after another one: it was not renewed. */
    | { readonly type: 'refusal-ignored' }
    /** The shared cache does not work; the source does without. */
    | { readonly type: 'cache-failed'; readonly error: unknown }
  )

/** An event, before it is said what token it is about. */
export type BareTokenEvent = TokenEvent extends infer Event
  ? Event extends TokenEvent
    ? Omit<Event, keyof WantedToken>
    : never
  : never
