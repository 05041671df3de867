import { tell } from '@mintmark/client/transport'
import { OAuthError, readBearer } from '@mintmark/protocol'
import { missingTokenResponse, type RefusalResponse, refusalResponse } from './challenge.ts'
import { undecidable } from './refusals.ts'
import { type Requirement, requireScope } from './requirement.ts'
import type { TokenClaims, VerifiedToken } from './verified-token.ts'
import type { VerifyToken } from './verify-token.ts'

/** What matters of a request to an API, whatever framework it came through. */
export interface ApiRequest {
  readonly method: string
  /** The request target as received, its query included: a path or an absolute URL. */
  readonly url: string
  /** Every line of a header, by its name in lower case; none when it is absent. */
  readonly header: (name: string) => readonly string[]
}

export type Decision<Claims = TokenClaims> =
  | { readonly allowed: true; readonly token: VerifiedToken<Claims> }
  | ({ readonly allowed: false } & RefusalResponse)

export interface AuthorizeRequestOptions<Claims> {
  readonly verify: VerifyToken<Claims>
  readonly realm: string
  readonly resourceMetadata?: string | undefined
  readonly onRefusal: (error: OAuthError, request: ApiRequest) => void
}

/**
 * Decides one request: its token must be good and have the scopes needed. Never throws: what goes wrong is a refusal.
 */
export async function authorizeRequest<Claims>(
  request: ApiRequest,
  requirement: Requirement,
  options: AuthorizeRequestOptions<Claims>,
): Promise<Decision<Claims>> {
  try {
    const value = presentedToken(request)
    if (value === undefined) return { allowed: false, ...missingTokenResponse(options) }
    const token = await options.verify(value)
    requireScope(token.scopes, requirement)
    return { allowed: true, token }
  } catch (cause) {
    const error = cause instanceof OAuthError ? cause : undecidable('internal', cause)
    tell(options.onRefusal, error, request)
    return { allowed: false, ...refusalResponse(error, requirement, options) }
  }
}

/**
 * The token of the `Authorization` header, the only place where one is looked for. A token in the query, where it ends
 * up in logs, never counts (RFC 9700 §4.3.2), and makes a second one ambiguous.
 */
function presentedToken({ header: lines, url }: ApiRequest): string | undefined {
  const authorization = lines('authorization')
  if (authorization.length > 1 || authorization.some(isJoined)) throw ambiguous('authorization-repeated')
  const [header] = authorization
  const token = header === undefined ? undefined : readBearer(header)
  if (token !== undefined && queryHasToken(url)) throw ambiguous('two-tokens')
  return token
}

/**
 * Whether a line is several that were joined by commas, as `fetch` and proxies do: credentials follow a comma, or a bearer
 * token is followed by one.
 */
const isJoined = (line: string) =>
  line.includes(',') && (/^bearer\b/i.test(line) || /, *[!#$%&'*+\-.^_`|~0-9a-z]+ +[^ ]/i.test(line))

const ambiguous = (check: string) =>
  new OAuthError('invalid_request', 'The request has more than one access token.', { check })

function queryHasToken(url: string): boolean {
  const question = url.indexOf('?')
  return question !== -1 && new URLSearchParams(url.slice(question)).has('access_token')
}
