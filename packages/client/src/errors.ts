/** What went wrong, as one stable word. */
export type TokenErrorCode =
  /** The options make no sense; thrown when a source is made. */
  | 'invalid_configuration'
  /** A URL that would carry a credential is neither https nor plain http to this machine. */
  | 'insecure_url'
  /** The function that provides the client secret failed or gave none. */
  | 'secret_unavailable'
  /** The server could not be reached. */
  | 'unreachable'
  /** The server did not answer in time. */
  | 'timeout'
  /** The server answered 429 or 5xx. */
  | 'unavailable'
  /** The server answered with a redirect, which is never followed. */
  | 'redirect_refused'
  /** The metadata is not that of the configured issuer, or lacks what is needed. */
  | 'invalid_metadata'
  /** What an API says of its issuer contradicts itself or is not what the caller allows. */
  | 'discovery_refused'
  /** The server refused the request; `oauthError` says why. */
  | 'refused'
  /** The answer is not what the specification says, or too large. */
  | 'invalid_response'

export interface TokenErrorOptions {
  /** HTTP status of the answer, if there was one. */
  readonly status?: number | undefined
  /** The `error` of the answer, such as `invalid_client` (RFC 6749 §5.2). */
  readonly oauthError?: string | undefined
  /** Seconds the server asked to wait (`Retry-After`). */
  readonly retryAfter?: number | undefined
  /** The reference an operator of the server finds the refusal by. */
  readonly reference?: string | undefined
  readonly cause?: unknown
}

/**
 * Why there is no token. Neither message nor members hold a secret, a token or text that the server made up: the
 * reason in full is found on the server, by `reference`.
 */
export class TokenError extends Error {
  readonly code: TokenErrorCode
  readonly status: number | undefined
  readonly oauthError: string | undefined
  readonly retryAfter: number | undefined
  readonly reference: string | undefined

  constructor(code: TokenErrorCode, message: string, options: TokenErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'TokenError'
    this.code = code
    this.status = options.status
    this.oauthError = options.oauthError
    this.retryAfter = options.retryAfter
    this.reference = options.reference
  }

  /** Whether the same request may succeed a little later. */
  get temporary(): boolean {
    return this.code === 'unreachable' || this.code === 'timeout' || this.code === 'unavailable'
  }
}
