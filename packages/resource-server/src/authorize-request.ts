import { tell } from '@mintmark/client/transport'
import { OAuthError, readBearer, readDpopAuthorization } from '@mintmark/protocol'
import type { ApiRequest } from './api-request.ts'
import { missingTokenResponse, type RefusalResponse, refusalResponse } from './challenge.ts'
import type { Possession, PresentedAs } from './possession.ts'
import { undecidable } from './refusals.ts'
import { type Requirement, requireScope } from './requirement.ts'
import type { TokenClaims, VerifiedToken } from './verified-token.ts'
import type { VerifyToken } from './verify-token.ts'

export type Decision<Claims = TokenClaims> =
  | { readonly allowed: true; readonly token: VerifiedToken<Claims> }
  | ({ readonly allowed: false } & RefusalResponse)

export interface AuthorizeRequestOptions<Claims> {
  readonly verify: VerifyToken<Claims>
  readonly possession: Possession
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
  const { possession } = options
  const challenge = { ...options, dpop: possession.mode }
  let scheme: PresentedAs['scheme'] = 'Bearer'
  try {
    const presented = presentedToken(request, possession.mode)
    if (presented === undefined) return { allowed: false, ...missingTokenResponse(challenge) }
    scheme = presented.scheme
    const token = await options.verify(presented.value)
    await possession.check(token, presented, request)
    requireScope(token.scopes, requirement)
    return { allowed: true, token }
  } catch (cause) {
    const error = cause instanceof OAuthError ? cause : undecidable('internal', cause)
    tell(options.onRefusal, error, request)
    return { allowed: false, ...refusalResponse(error, requirement, { ...challenge, scheme }) }
  }
}

/**
 * The token of the `Authorization` header, the only place where one is looked for. A token in the query, where it ends
 * up in logs, never counts (RFC 9700 §4.3.2), and makes a second one ambiguous.
 */
function presentedToken({ header: lines, url }: ApiRequest, dpop: Possession['mode']): PresentedAs | undefined {
  const authorization = lines('authorization')
  if (authorization.length > 1 || authorization.some(isJoined)) throw ambiguous('authorization-repeated')
  const [header] = authorization
  const presented = header === undefined ? undefined : readAuthorization(header, dpop)
  if (presented !== undefined && queryHasToken(url)) throw ambiguous('two-tokens')
  return presented
}

function readAuthorization(header: string, dpop: Possession['mode']): PresentedAs | undefined {
  const bearer = readBearer(header)
  if (bearer !== undefined) return { scheme: 'Bearer', value: bearer }
  const bound = dpop === 'off' ? undefined : readDpopAuthorization(header)
  return bound === undefined ? undefined : { scheme: 'DPoP', value: bound }
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
