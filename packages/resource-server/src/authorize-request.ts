import { OAuthError, readBearer } from '@mintmark/protocol'
import { missingTokenResponse, type RefusalResponse, refusalResponse } from './challenge.ts'
import { requireScope } from './require-scope.ts'
import type { VerifiedToken } from './verified-token.ts'
import type { VerifyToken } from './verify-jwt.ts'

/** What matters of a request to an API, whatever framework it came through. */
export interface ApiRequest {
  /** Every `Authorization` line of the request. */
  readonly authorization: readonly string[]
  /** The request target, its query included. */
  readonly url: string
}

export type Decision =
  | { readonly allowed: true; readonly token: VerifiedToken }
  | ({ readonly allowed: false } & RefusalResponse)

export interface AuthorizeRequestOptions {
  readonly verify: VerifyToken
  readonly realm: string
  readonly resourceMetadata?: string | undefined
  readonly onRefusal: (error: OAuthError) => void
}

/**
 * Decides one request: its token must be good and have every needed scope. Never throws: what goes wrong is a refusal.
 */
export async function authorizeRequest(
  request: ApiRequest,
  needed: readonly string[],
  options: AuthorizeRequestOptions,
): Promise<Decision> {
  try {
    const value = presentedToken(request)
    if (value === undefined) return { allowed: false, ...missingTokenResponse(options) }
    const token = await options.verify(value)
    requireScope(token, needed)
    return { allowed: true, token }
  } catch (cause) {
    const error = cause instanceof OAuthError ? cause : internalError(cause)
    options.onRefusal(error)
    return { allowed: false, ...refusalResponse(error, needed, options) }
  }
}

const internalError = (cause: unknown) =>
  new OAuthError('server_error', 'The request could not be checked.', { check: 'internal', cause })

/**
 * The token of the `Authorization` header, the only place where one is looked for. A token in the query, where it ends
 * up in logs, never counts (RFC 9700 §4.3.2), and makes a second one ambiguous.
 */
function presentedToken({ authorization, url }: ApiRequest): string | undefined {
  if (authorization.length > 1) throw ambiguous('authorization-repeated')
  const [header] = authorization
  const token = header === undefined ? undefined : readBearer(header)
  if (token !== undefined && queryHasToken(url)) throw ambiguous('two-tokens')
  return token
}

const ambiguous = (check: string) =>
  new OAuthError('invalid_request', 'The request has more than one access token.', { check })

function queryHasToken(url: string): boolean {
  const question = url.indexOf('?')
  return question !== -1 && new URLSearchParams(url.slice(question)).has('access_token')
}
