import type { HttpRequest, HttpResponse } from '../lib/message.ts'
import type { WorkspaceView } from '../registry/registry.ts'

/** Answers a request of a workspace; throws `Refused` or another error, which `http/render-error.ts` renders. */
export type Handler = (request: HttpRequest, view: WorkspaceView) => Promise<HttpResponse> | HttpResponse

/** One thing a workspace answers. */
export type Endpoint = {
  /** Its name in aliases and logs. */
  readonly name: string
  /** Path after the issuer's. */
  readonly path: string
  /** Whether it is also found under `/.well-known/…` before the issuer's path (RFC 8414 §3.1). */
  readonly wellKnown?: true
  /** The member of authorization server metadata that holds its URL. */
  readonly metadata?: string
  /**
   * How callers may authenticate here, as metadata names it: client-authentication methods, and types of access tokens
   * (RFC 8414 §2). Absent where everybody may ask.
   */
  readonly authentication?: readonly string[]
  /** Whether its refusals are OAuth errors that must not be cached (RFC 6749 §5.2). */
  readonly oauth: boolean
  readonly methods: Readonly<Partial<Record<'GET' | 'POST', Handler>>>
}
