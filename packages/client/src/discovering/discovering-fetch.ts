import { parseScope } from '@mintmark/protocol'
import { assertNotBound } from '../dpop-proofs.ts'
import { TokenError } from '../errors.ts'
import { cameFromElsewhere, fixed, isRepeatableRequest, signalOf, urlOf, withAuthorization } from '../fetch.ts'
import { readOrigins } from '../origins.ts'
import { secureUrl } from '../secure-url.ts'
import { type TokenSourceOptions, tokenSource } from '../token-source.ts'
import { unlessAborted } from '../within.ts'
import { type ReachableApi, reachableApi } from './reachable-api.ts'

/** An issuer that may be sent a credential, and the credential: the options of a token source but what an API decides. */
export type DiscoverableIssuer = Omit<
  TokenSourceOptions,
  'issuer' | 'tokenEndpoint' | 'scope' | 'resource' | 'dpop'
> & {
  readonly issuer: string
}

/** An API that may say which issuer its tokens come from, and how far it is believed. */
export interface DiscoverableApi {
  /** Such as `https://weather.example`: https, or http to this machine. */
  readonly origin: string
  /**
   * The scopes this API may ask for; those are asked for when its challenge names none. With an empty list no scope is
   * asked for, and the issuer decides.
   */
  readonly scopes: readonly string[]
  /**
   * What tokens of this API are asked for (RFC 8707), where the issuer knows it by another identifier than its URL.
   * Default: the resource that its metadata names, which must then be at this origin (RFC 9728 §3.3).
   */
  readonly resource?: string | undefined
  /** The issuers that this API may choose from. Default: all of `issuers`. */
  readonly issuers?: readonly string[] | undefined
}

export interface DiscoveringFetchOptions {
  /** The issuers that may be sent a credential, and which. When an API names several, the first of this list is taken. */
  readonly issuers: readonly DiscoverableIssuer[]
  /** The APIs that are sent tokens. A request to another origin goes out as it is, without one. */
  readonly apis: readonly DiscoverableApi[]
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Milliseconds for fetching the metadata of an API. Default 10 000. */
  readonly timeout?: number | undefined
  /** Milliseconds of a clock that never jumps. Default `performance.now`. */
  readonly now?: (() => number) | undefined
}

/**
 * A `fetch` that learns from the API itself which token it wants (RFC 9728): a 401 whose Bearer challenge has a
 * `resource_metadata` leads to the issuer and the resource, the token is fetched and the request repeated, once. From
 * then on requests carry the token at once, and are renewed as by `authorizedFetch`. A 403 that names a scope which is
 * still missing (`insufficient_scope`) gets a token with that scope as well, once for every scope.
 *
 * An API is believed only within what is listed here: credentials go to no other issuer, tokens to no other origin than
 * the one they were got for, no other scope is asked for; its metadata is fetched from its own origin only, at most once
 * a minute after the first time, and its redirects are not followed. A request whose body is a stream cannot be
 * repeated: its 401 is the answer, and the next request has a token.
 * @throws TokenError `invalid_configuration` or `insecure_url`, at once; from a request `discovery_refused` when what
 *   the API says is not allowed or contradicts itself, or whatever else left it without a token
 */
export function discoveringFetch(options: DiscoveringFetchOptions): typeof globalThis.fetch {
  const send = options.fetch ?? globalThis.fetch
  const apis = readApis(options)
  return async (given, init) => {
    const input = fixed(given)
    const url = urlOf(input)
    const api = URL.canParse(url) ? apis.get(new URL(url).origin) : undefined
    if (api === undefined) return send(input, init)
    const target = secureUrl(url, 'The URL of the API')
    const signal = signalOf(input, init)
    signal?.throwIfAborted()
    const way = api.wayTo(target)
    const token = way === undefined ? undefined : await api.tokenBy(way, signal)
    const response = await send(input, withAuthorization(input, init, token?.authorization))
    if (response.ok || cameFromElsewhere(response, target.origin)) return response
    const next = api.tokenAfter({ response, target, way, token, signal })
    if (!isRepeatableRequest(input, init)) {
      // The caller gets the refusal; that there may be no token is the next caller's to know.
      next.catch(() => undefined)
      return response
    }
    const better = await unlessAborted(next, signal)
    if (better === undefined || better.value === token?.value) return response
    await response.body?.cancel()
    return send(input, withAuthorization(input, init, better.authorization))
  }
}

function readApis(options: DiscoveringFetchOptions): ReadonlyMap<string, ReachableApi> {
  const { timeout = 10_000, now = () => performance.now() } = options
  const fetch = options.fetch ?? globalThis.fetch
  const known = options.issuers.map((client) => {
    const source = tokenSource({ fetch, now, ...client })
    assertNotBound(source, 'Discovering fetch')
    return { issuer: client.issuer, source }
  })
  if (new Set(known.map(({ issuer }) => issuer)).size !== known.length)
    throw misconfigured('an issuer stands there twice')
  const origins = readOrigins(options.apis.map(({ origin }) => origin))
  if (origins.size !== options.apis.length) throw misconfigured('an origin stands there twice')
  return new Map(
    options.apis.map(({ origin, scopes, resource, issuers }) => {
      if (issuers?.some((issuer) => known.every((one) => one.issuer !== issuer))) {
        throw misconfigured('an API may choose an issuer that there is no credential for')
      }
      const allowed = known.filter(({ issuer }) => issuers?.includes(issuer) ?? true)
      if (allowed.length === 0) throw misconfigured('an API may choose no issuer')
      const api = reachableApi({ issuers: allowed, scopes: readScopes(scopes), resource, fetch, timeout, now })
      return [new URL(origin).origin, api] as const
    }),
  )
}

function readScopes(scopes: readonly string[]): readonly string[] {
  try {
    return scopes.flatMap(parseScope).toSorted()
  } catch (cause) {
    throw new TokenError('invalid_configuration', 'Discovering fetch: a scope is malformed', { cause })
  }
}

const misconfigured = (what: string) => new TokenError('invalid_configuration', `Discovering fetch: ${what}`)
