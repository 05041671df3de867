/** What went wrong, as one stable word. */
export type TokenErrorCode =
  /** The options make no sense; thrown when a source is made, or by the call that has them. */
  | 'invalid_configuration'
  /** A URL that would carry a credential is neither https nor plain http to this machine. */
  | 'insecure_url'
  /** The client secret could not be had: no such variable or file, or the function that provides it failed. */
  | 'secret_unavailable'
  /** The directory or file of a shared cache is not private to this user. */
  | 'cache_unsafe'
  /** The server could not be reached. */
  | 'unreachable'
  /** The certificate of the server is not one this machine trusts for that name. */
  | 'untrusted_certificate'
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

const temporary: ReadonlySet<TokenErrorCode> = new Set(['unreachable', 'timeout', 'unavailable'])

/**
 * Why there is no token. Neither message nor members hold a secret, a token or text that the server or a function of
 * the caller made up: the reason in full is found on the server, by `reference`.
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
    return temporary.has(this.code)
  }

  /** What the one who runs the client can do about it, as one sentence. */
  get remedy(): string {
    return remedies[this.oauthError ?? ''] ?? remedies[this.code] ?? ''
  }
}

const askOperator = 'Ask the operator of the server, who finds the reason by the reference.'
const later = 'Try again later; if it lasts, ask the operator of the server.'

/** By code, or by the server's error where that says more. */
const remedies: Readonly<Record<string, string>> = {
  invalid_configuration: 'Correct the options that the message names.',
  insecure_url: 'Give a whole URL with https; http only reaches this machine.',
  secret_unavailable: 'Provide the client secret where the client looks for it.',
  cache_unsafe: 'Give the cache a directory of its own that belongs to this user, with mode 0700.',
  unreachable: 'Check the address, the network and that the server runs.',
  untrusted_certificate: 'Make the certificate of the server, or who signed it, known to this machine.',
  timeout: later,
  unavailable: later,
  redirect_refused: 'Configure the address that the redirect leads to, if it is trusted.',
  invalid_metadata: 'Write the issuer exactly as the server does, or name the token endpoint.',
  discovery_refused: 'Check what the API says of itself, and the lists of what it may say.',
  refused: askOperator,
  invalid_response: 'Check that the address is the token endpoint of an OAuth 2.0 server.',
  invalid_client: `Check client id and credential. ${askOperator}`,
  unauthorized_client: 'Have the operator of the server permit this client the grant client_credentials.',
  invalid_scope: 'Ask for less, or have the operator of the server permit the scope.',
  invalid_target: 'Name one resource that the client is permitted.',
}
