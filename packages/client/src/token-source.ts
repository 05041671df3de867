import { OAuthError, parseScope } from '@mintmark/protocol'
import type { AccessToken } from './access-token.ts'
import { type ClientAuthMethod, clientAuthMethods } from './client-auth.ts'
import { metadataSource } from './discovery.ts'
import { TokenError } from './errors.ts'
import { withRetries } from './retry.ts'
import { secureUrl } from './secure-url.ts'
import { requestToken } from './token-request.ts'

export interface TokenSourceOptions {
  /** The issuer, whose metadata names the token endpoint. Either this or `tokenEndpoint`. */
  readonly issuer?: string | undefined
  /** The token endpoint itself, for a server without metadata. */
  readonly tokenEndpoint?: string | undefined
  readonly clientId: string
  /** The secret, or a function that gives the current one; it is asked before every token request. */
  readonly clientSecret: string | (() => string | Promise<string>)
  /** How to authenticate. Default `client_secret_basic`. */
  readonly method?: ClientAuthMethod | undefined
  /** Scopes to ask for, as a list or separated by spaces. Default: what the server grants by itself. */
  readonly scope?: string | readonly string[] | undefined
  /** The API or APIs the token is for (RFC 8707). */
  readonly resource?: string | readonly string[] | undefined
  /** Milliseconds for one HTTP request. Default 10 000. */
  readonly timeout?: number | undefined
  /** Attempts for one token when the server is away or busy. Default 3. */
  readonly attempts?: number | undefined
  /** Longest wait between two attempts, in milliseconds. Default 10 000. */
  readonly maximumWait?: number | undefined
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Milliseconds of a clock that never jumps. Default `performance.now`. */
  readonly now?: (() => number) | undefined
  /** Default `setTimeout`. */
  readonly wait?: ((milliseconds: number) => Promise<void>) | undefined
  /** Jitter from 0 up to 1. Default `Math.random`: it spreads load and guards nothing. */
  readonly random?: (() => number) | undefined
}

export interface TokenSource {
  /**
   * A token with time left: at least 10 seconds, or a quarter of its life if that is less. Any number of concurrent
   * callers share one request. From about three quarters of its life on a token is renewed in the background while
   * it is still handed out.
   * @throws TokenError
   */
  getToken(): Promise<AccessToken>
  /**
   * A token other than the given one, which an API has refused. Does nothing but hand it out when there is one already.
   * @throws TokenError
   */
  renewToken(refused: AccessToken): Promise<AccessToken>
}

interface HeldToken {
  readonly token: AccessToken
  readonly renewAt: number
  readonly usableUntil: number
}

const minimumRemaining = 10_000
const renewalCoolDown = 10_000

/**
 * Gets tokens by client credentials and keeps the current one in memory.
 * @throws TokenError `invalid_configuration` or `insecure_url`, at once
 */
export function tokenSource(options: TokenSourceOptions): TokenSource {
  const now = options.now ?? (() => performance.now())
  const random = options.random ?? Math.random
  const fetchToken = tokenFetcher(options, now, random)
  let held: HeldToken | undefined
  let pending: Promise<AccessToken> | undefined

  const renew = (): Promise<AccessToken> => {
    pending ??= fetchAndHold().finally(() => {
      pending = undefined
    })
    return pending
  }
  const fetchAndHold = async (): Promise<AccessToken> => {
    const { token, askedAt } = await fetchToken()
    held = hold(token, askedAt, random())
    return token
  }
  const renewInBackground = (current: HeldToken) => {
    if (pending !== undefined) return
    renew().catch(() => {
      // The token at hand is still good. Ask again later, at the latest when it can no longer be handed out.
      if (held === current) held = { ...current, renewAt: now() + renewalCoolDown }
    })
  }

  return Object.freeze({
    getToken: async () => {
      const time = now()
      if (held === undefined || time >= held.usableUntil) return renew()
      if (time >= held.renewAt) renewInBackground(held)
      return held.token
    },
    renewToken: async (refused: AccessToken) => {
      if (held !== undefined && held.token !== refused && now() < held.usableUntil) return held.token
      held = undefined
      return renew()
    },
  })
}

function hold(token: AccessToken, askedAt: number, jitter: number): HeldToken {
  const lifetime = token.lifetime * 1_000
  // Counted from before the request was sent: whenever the server began counting, it was later.
  const usableUntil = askedAt + lifetime - Math.min(minimumRemaining, lifetime / 4)
  return { token, usableUntil, renewAt: Math.min(usableUntil, askedAt + lifetime * (0.7 + jitter / 10)) }
}

type TokenFetcher = () => Promise<{ readonly token: AccessToken; readonly askedAt: number }>

function tokenFetcher(options: TokenSourceOptions, now: () => number, random: () => number): TokenFetcher {
  const { clientId, clientSecret, method = 'client_secret_basic', timeout = 10_000 } = options
  const fetch = options.fetch ?? globalThis.fetch
  if (typeof clientId !== 'string' || clientId === '' || !clientId.isWellFormed()) {
    throw misconfigured('clientId is missing or malformed')
  }
  if (clientSecret === undefined || clientSecret === '') throw misconfigured('clientSecret is missing')
  if (!Object.hasOwn(clientAuthMethods, method)) throw misconfigured('method is not one this client knows')
  const authenticate = clientAuthMethods[method]
  const scopes = readScopes(options.scope)
  const resources = typeof options.resource === 'string' ? [options.resource] : (options.resource ?? [])
  const findEndpoint = endpointFinder(options, { fetch, timeout, now })
  const policy = {
    attempts: options.attempts ?? 3,
    maximumWait: options.maximumWait ?? 10_000,
    wait: options.wait ?? ((milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))),
    random,
  }
  return () =>
    withRetries(async () => {
      const endpoint = await findEndpoint()
      const authentication = authenticate(clientId, await readSecret(clientSecret))
      const askedAt = now()
      const token = await requestToken({ endpoint, authentication, scopes, resources, fetch, timeout })
      return { token, askedAt }
    }, policy)
}

function endpointFinder(
  { issuer, tokenEndpoint }: TokenSourceOptions,
  transport: { readonly fetch: typeof globalThis.fetch; readonly timeout: number; readonly now: () => number },
): () => Promise<URL> {
  if ((issuer === undefined) === (tokenEndpoint === undefined)) {
    throw misconfigured('either issuer or tokenEndpoint is needed, not both')
  }
  if (tokenEndpoint !== undefined) {
    const endpoint = secureUrl(tokenEndpoint, 'The token endpoint')
    return async () => endpoint
  }
  if (issuer === undefined) throw misconfigured('issuer is missing')
  secureUrl(issuer, 'The issuer')
  const metadata = metadataSource({ issuer, ...transport })
  return async () => {
    const { token_endpoint: found } = await metadata.get()
    if (found === undefined) throw new TokenError('invalid_metadata', `The metadata of ${issuer} has no token_endpoint`)
    return new URL(found)
  }
}

async function readSecret(clientSecret: TokenSourceOptions['clientSecret']): Promise<string> {
  let secret: unknown
  try {
    secret = typeof clientSecret === 'string' ? clientSecret : await clientSecret()
  } catch (cause) {
    throw new TokenError('secret_unavailable', 'The function that provides the client secret failed', { cause })
  }
  // A lone surrogate has no UTF-8 and cannot be sent.
  if (typeof secret === 'string' && secret !== '' && secret.isWellFormed()) return secret
  throw new TokenError('secret_unavailable', 'The function that provides the client secret gave no usable one')
}

function readScopes(scope: TokenSourceOptions['scope']): readonly string[] {
  if (scope === undefined) return []
  try {
    return typeof scope === 'string' ? parseScope(scope) : scope.flatMap(parseScope)
  } catch (error) {
    if (error instanceof OAuthError) throw misconfigured('scope is malformed')
    throw error
  }
}

const misconfigured = (what: string) => new TokenError('invalid_configuration', `Token source: ${what}`)
