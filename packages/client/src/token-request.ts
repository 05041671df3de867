import { encodeForm, formatScope, OAuthError, parseScope } from '@mintmark/protocol'
import { AccessToken } from './access-token.ts'
import type { ClientAuthentication } from './credential.ts'
import type { DpopKey } from './dpop-proofs.ts'
import { TokenError } from './errors.ts'
import { isJsonObject, type JsonResponse, requestJson, retryAfter } from './request-json.ts'

export interface TokenRequest {
  readonly endpoint: URL
  readonly authentication: ClientAuthentication
  readonly scopes: readonly string[]
  /** Absolute URIs of the APIs the token is for (RFC 8707). */
  readonly resources: readonly string[]
  /** Further parameters. */
  readonly parameters: readonly (readonly [string, string])[]
  /** What the token is to be bound to. */
  readonly dpop: DpopKey | undefined
  readonly fetch: typeof globalThis.fetch
  /** Milliseconds. */
  readonly timeout: number
  /** Milliseconds since 1970. */
  readonly askedAt: number
}

// Made at the first request: workers have no randomness before one.
let instance: string | undefined

/** Seconds a token is used for when the server does not say how long it lives. */
const unstatedLifetime = 60

/**
 * Sends one client credentials request (RFC 6749 §4.4.2) and checks the answer (§5.1, §5.2).
 * @throws TokenError `refused`, `unavailable`, `invalid_response`, `redirect_refused`, `unreachable`, `timeout`
 */
export async function requestToken(request: TokenRequest): Promise<AccessToken> {
  const { endpoint, authentication, scopes, resources, dpop, fetch, timeout, askedAt } = request
  const parameters: (readonly [string, string])[] = [['grant_type', 'client_credentials']]
  if (scopes.length > 0) parameters.push(['scope', formatScope(scopes)])
  for (const resource of resources) parameters.push(['resource', resource])
  parameters.push(...request.parameters, ...authentication.parameters)
  const proof = dpop === undefined ? {} : { dpop: await dpop.proof({ method: 'POST', url: endpoint }) }
  instance ??= crypto.randomUUID()
  const response = await requestJson({
    url: endpoint,
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'mintmark-instance': instance,
      ...authentication.headers,
      ...proof,
    },
    body: encodeForm(parameters),
    fetch: authentication.fetch ?? fetch,
    timeout,
  })
  dpop?.learn(endpoint, response.headers)
  if (response.status !== 200) throw refusal(response, endpoint, askedAt)
  return readTokenResponse(response.json, request)
}

function refusal({ status, headers, json }: JsonResponse, endpoint: URL, askedAt: number): TokenError {
  const error = isJsonObject(json) ? json.error : undefined
  const oauthError = typeof error === 'string' && /^[a-z_]{1,64}$/.test(error) ? error : undefined
  const reference = headers.get('mintmark-reference') ?? ''
  const options = {
    status,
    oauthError,
    reference: /^[A-Za-z0-9_-]{1,64}$/.test(reference) ? reference : undefined,
    retryAfter: retryAfter(headers, askedAt),
  }
  const said = `${endpoint.origin} answered ${status}${oauthError === undefined ? '' : ` ${oauthError}`} to a token request`
  if (status === 429 || status >= 500 || oauthError === 'temporarily_unavailable')
    return new TokenError('unavailable', said, options)
  if (oauthError === undefined) return new TokenError('invalid_response', said, options)
  return new TokenError('refused', said, options)
}

function readTokenResponse(json: unknown, { scopes: asked, dpop, endpoint, askedAt }: TokenRequest): AccessToken {
  const wrong = (what: string) =>
    new TokenError('invalid_response', `${endpoint.origin} answered a token request with ${what}`, { status: 200 })
  if (!isJsonObject(json)) throw wrong('something other than a JSON object')
  const { access_token: value, token_type: type, expires_in: lifetime, scope } = json
  // RFC 6749 Appendix A.12; more than that could break out of the Authorization header.
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) throw wrong('no usable access_token')
  // A bearer token in place of a bound one would be the weaker token that DPoP is there to avoid (RFC 9449 §5).
  const wanted = dpop === undefined ? 'Bearer' : 'DPoP'
  if (typeof type !== 'string' || type.toLowerCase() !== wanted.toLowerCase()) {
    throw wrong(`a token_type other than ${wanted}`)
  }
  if (lifetime !== undefined && (typeof lifetime !== 'number' || !Number.isFinite(lifetime) || lifetime <= 0)) {
    throw wrong('an expires_in that is not a positive number')
  }
  if (scope !== undefined && typeof scope !== 'string') throw wrong('a scope that is not a string')
  const seconds = lifetime ?? unstatedLifetime
  const scopes = grantedScopes(scope, asked, wrong)
  return new AccessToken({ value, type: wanted, scopes, lifetime: seconds, expiresAt: askedAt + seconds * 1_000 })
}

function grantedScopes(
  scope: string | undefined,
  asked: readonly string[],
  wrong: (what: string) => TokenError,
): readonly string[] {
  // RFC 6749 §5.1: left out when it is what was asked for.
  if (scope === undefined) return asked
  try {
    return parseScope(scope)
  } catch (error) {
    if (error instanceof OAuthError) throw wrong('a malformed scope')
    throw error
  }
}
