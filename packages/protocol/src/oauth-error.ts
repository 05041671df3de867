/** Every error code Mintmark says on the wire, grouped by the RFC that defines it. */
export type OAuthErrorCode =
  // RFC 6749 §5.2, token endpoint
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  // RFC 6749 §4.1.2.1, authorization endpoint; server_error and temporarily_unavailable are used everywhere
  | 'access_denied'
  | 'unsupported_response_type'
  | 'server_error'
  | 'temporarily_unavailable'
  // RFC 6750 §3.1, protected resources
  | 'invalid_token'
  | 'insufficient_scope'
  // RFC 7009 §2.2.1, revocation
  | 'unsupported_token_type'
  // RFC 8707 §2, resource indicators
  | 'invalid_target'
  // RFC 9449 §5 and §8, DPoP
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'

/** The HTTP status of each code, unless the error names another one. */
export const oauthErrorStatus: Readonly<Record<OAuthErrorCode, number>> = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  invalid_scope: 400,
  access_denied: 403,
  unsupported_response_type: 400,
  server_error: 500,
  temporarily_unavailable: 503,
  invalid_token: 401,
  insufficient_scope: 403,
  unsupported_token_type: 400,
  invalid_target: 400,
  invalid_dpop_proof: 400,
  use_dpop_nonce: 400,
}

export interface OAuthErrorOptions {
  /** HTTP status, where the code's own does not say enough: 405, 413, 415, 429, 503. */
  readonly status?: number | undefined
  /** Response headers of the refusal, such as `WWW-Authenticate`, `Allow` or `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Short kebab-case name of the check that failed. For the operator only. */
  readonly check?: string | undefined
  /** What the check wanted. For the operator only; never a secret. */
  readonly expected?: string | undefined
  /** What the check found. For the operator only; never a secret. */
  readonly received?: string | undefined
  /** The error underneath. For the operator only. */
  readonly cause?: unknown
}

const noHeaders: Readonly<Record<string, string>> = Object.freeze({})

/**
 * A refusal of the protocol. `code`, `status`, `headers` and `description` are public: the description is a fixed
 * sentence that echoes nothing of the request. `check`, `expected`, `received` and `cause` are for logs and the audit
 * trail and must never be rendered to the caller.
 */
export class OAuthError extends Error {
  readonly code: OAuthErrorCode
  readonly status: number
  readonly description: string
  readonly headers: Readonly<Record<string, string>>
  readonly check: string | undefined
  readonly expected: string | undefined
  readonly received: string | undefined

  constructor(code: OAuthErrorCode, description: string, options: OAuthErrorOptions = {}) {
    super(`${code}: ${description}`, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'OAuthError'
    this.code = code
    this.status = options.status ?? oauthErrorStatus[code]
    this.description = description
    this.headers = options.headers ?? noHeaders
    this.check = options.check
    this.expected = options.expected
    this.received = options.received
  }
}
