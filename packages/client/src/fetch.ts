import type { AccessToken } from './access-token.ts'
import { TokenError } from './errors.ts'
import { followsRedirectsSafely } from './follows-redirects.ts'
import { readOrigins } from './origins.ts'
import { isRepeatable } from './repeatable.ts'
import { secureUrl } from './secure-url.ts'
import type { TokenSource } from './token-source.ts'
import { type OptionNames, unknownOption } from './unknown-option.ts'

export interface AuthorizedFetchOptions {
  /**
   * Origins that are sent the token, such as `https://weather.example`. A request to another goes out as it is, without
   * one. Default: wherever the caller sends a request.
   */
  readonly origins?: readonly string[] | undefined
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

const optionNames: OptionNames<AuthorizedFetchOptions> = { origins: true, fetch: true }

/**
 * A `fetch` that sends a token with every request, in place of an `Authorization` header of the caller. When the API
 * answers 401, the token is renewed and the request repeated, once; a second 401 is the answer. 403 never renews. A
 * request whose body is a stream cannot be repeated: its 401 is the answer, and the next request has a new token. A
 * redirect to another origin is followed without the token (Fetch Standard, HTTP-redirect fetch), and its 401 renews
 * nothing; where the platform would send the token along, no redirect is followed and it is the answer.
 *
 * Tokens of a source with `dpop` go with a proof for each request (RFC 9449 §7); when the API asks for a nonce the request
 * is repeated with it, once, and no redirect is followed, since a proof is for one URL.
 * @throws TokenError when there is no token, or `insecure_url` when it would go over plain http to another machine
 * @throws TokenError `invalid_configuration` at once for an option that does not exist, since a misspelt `origins` would
 * send the token everywhere; from a call when there is no token, or `insecure_url` when it would go over plain http to
 * another machine
 */
export function authorizedFetch(source: TokenSource, options: AuthorizedFetchOptions = {}): typeof globalThis.fetch {
  const unknown = unknownOption(options, optionNames)
  if (unknown !== undefined) {
    throw new TokenError('invalid_configuration', `authorizedFetch: there is no option ${JSON.stringify(unknown)}`)
  }
  const send = options.fetch ?? globalThis.fetch
  const origins = options.origins === undefined ? undefined : readOrigins(options.origins)
  return async (given, init) => {
    const input = fixed(given)
    const url = urlOf(input)
    if (origins !== undefined && !(URL.canParse(url) && origins.has(new URL(url).origin))) return send(input, init)
    const { origin } = secureUrl(url, 'The URL of the API')
    const signal = signalOf(input, init)
    const token = await source.token({ signal })
    const repeatable = isRepeatableRequest(input, init)
    const attempt = async (one: AccessToken) => {
      const { dpop } = source
      const plain = withAuthorization(input, init, one.authorization)
      if (dpop === undefined) return send(input, plain)
      const method = methodOf(input, init)
      const redirect = init?.redirect ?? (input instanceof Request ? input.redirect : 'follow')
      const prove = async () => {
        const answer = await send(input, withProof(plain, redirect, await dpop.proof({ method, url, token: one })))
        dpop.learn(url, answer.headers)
        return answer
      }
      const answer = await prove()
      // With the nonce that the API asks for, and once for each token.
      if (!repeatable || !dpop.wantsNonce(answer)) return answer
      await answer.body?.cancel()
      return prove()
    }
    const response = await attempt(token)
    if (response.status !== 401 || cameFromElsewhere(response, origin)) return response
    // Whatever is wrong, it is not the token.
    if (source.dpop?.wantsNonce(response) === true) return response
    if (!repeatable) {
      // The caller gets the 401; that the renewal may fail is the next caller's to know.
      source.renewToken(token).catch(() => undefined)
      return response
    }
    const renewed = await source.renewToken(token, { signal })
    if (renewed.value === token.value) return response
    await response.body?.cancel()
    return attempt(renewed)
  }
}

/** What is sent later as it was when it was checked: a URL object may be changed while a token is waited for. */
export const fixed = (input: string | URL | Request): string | Request =>
  input instanceof Request ? input : String(input)

/** As `fetch` sends it: names of six methods become upper-case (Fetch Standard, normalize). */
function methodOf(input: string | URL | Request, init: RequestInit | undefined): string {
  const method = init?.method ?? (input instanceof Request ? input.method : 'GET')
  return /^(?:delete|get|head|options|post|put)$/i.test(method) ? method.toUpperCase() : method
}

/** With a proof, which is for one URL: a redirect would need another one and is not followed. */
function withProof(plain: RequestInit, redirect: RequestRedirect, proof: string): RequestInit {
  const headers = new Headers(plain.headers)
  headers.set('dpop', proof)
  return { ...plain, headers, redirect: redirect === 'error' ? redirect : 'manual' }
}

/** The URL of a request, without its fragment, which is not sent. */
export function urlOf(input: string | URL | Request): string {
  const url = input instanceof Request ? input.url : String(input)
  const hash = url.indexOf('#')
  return hash === -1 ? url : url.slice(0, hash)
}

export function signalOf(input: string | URL | Request, init: RequestInit | undefined): AbortSignal | undefined {
  if (init?.signal !== undefined) return init.signal ?? undefined
  return input instanceof Request ? input.signal : undefined
}

/** The request's own headers with this `Authorization` in place of the caller's, or without any. */
export function withAuthorization(
  input: string | URL | Request,
  init: RequestInit | undefined,
  authorization: string | undefined,
): RequestInit {
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined))
  if (authorization === undefined) {
    headers.delete('authorization')
    return { ...init, headers }
  }
  headers.set('authorization', authorization)
  const redirect = init?.redirect ?? (input instanceof Request ? input.redirect : 'follow')
  return redirect === 'follow' && !followsRedirectsSafely()
    ? { ...init, headers, redirect: 'manual' }
    : { ...init, headers }
}

export function isRepeatableRequest(input: string | URL | Request, init: RequestInit | undefined): boolean {
  if (init?.body !== undefined && init.body !== null) return isRepeatable(init.body)
  return !(input instanceof Request) || input.body === null
}

/** Whether a redirect led to another origin, where the token did not go. */
export function cameFromElsewhere(response: Response, origin: string): boolean {
  return response.redirected && !(URL.canParse(response.url) && new URL(response.url).origin === origin)
}
