import type { Form } from '@mintmark/protocol'
import type { Client } from '../domain/client.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { HttpRequest } from '../lib/message.ts'

/** Asks whether an attempt that waited may still be looked at. @throws Refused 429, also as a rejection */
export type AdmitAgain = () => undefined | Promise<never>

/** A client's claim to be somebody, read from a request and not yet believed. */
export type Presented = {
  /** Undefined where the proof says it itself, or the request in a name of another's: see `identify`. */
  readonly clientId: string | undefined
  /** The client the proof is of, where the request does not name one. @throws OAuthError `invalid_client` for none, or several */
  readonly identify?: (workspace: WorkspaceKey) => Promise<string>
  /**
   * Whether the client proves it: the id of the credential used, or undefined. Takes the same path and time for a client
   * that does not exist, so that nobody learns which do. What has to wait behind other attempts calls `admitAgain` after that.
   */
  readonly prove: (
    client: Client | undefined,
    workspace: WorkspaceKey,
    admitAgain?: AdmitAgain,
  ) => Promise<string | undefined> | string | undefined
  /** Where a request can be meant in several ways: whether the client has a credential for this one. */
  readonly suits?: (client: Client) => boolean
  /**
   * Takes what counts only once, when the client has proven itself and may come in: a request that is refused for another
   * reason uses nothing up.
   * @throws OAuthError `invalid_client` when it was taken before
   */
  readonly spend?: () => Promise<void>
  /** Seconds tokens may live at the most, once it is proven; undefined: as long as they may otherwise. */
  readonly longestLifetime?: () => number | undefined
  /** Set where the proof is the grant itself: what is refused is `invalid_grant` (RFC 7521 §4.1.1). */
  readonly asGrant?: true
}

/** One way for a client to prove itself (RFC 6749 §2.3). */
export type ClientAuthenticationMethod = {
  /** The registered name (RFC 7591 §2), as metadata lists it. */
  readonly name: string
  /**
   * Whether the connection itself is what it presents (RFC 8705 §2): counts only where a request presents nothing else, since
   * a client may use any other method over mutual TLS to have its tokens bound (§3).
   */
  readonly ofConnection?: true
  /** What metadata lists in place of the name, where that is one of our own. */
  readonly published?: readonly string[]
  /** What the request presents in this way, or undefined when it does not use it. */
  readonly present: (request: HttpRequest, form: Form) => Presented | undefined
}
