import { OAuthError, parseScope } from '@mintmark/protocol'
import type { AccessToken } from './access-token.ts'
import { clientAuthenticator } from './client-authenticator.ts'
import type { Credential } from './credential.ts'
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
  /** What the client proves itself with: a secret, a function that gives the current one, or another kind, or two. */
  readonly credential: Credential
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

export interface TokenOptions {
  /** Ends this call's waiting, with the signal's reason, and nobody else's. */
  readonly signal?: AbortSignal | undefined
  /** Scopes to ask for instead of the source's. */
  readonly scope?: string | readonly string[] | undefined
  /** The API or APIs the token is for, instead of the source's. */
  readonly resource?: string | readonly string[] | undefined
}

export interface TokenSource {
  /**
   * A token with time left: at least 10 seconds, or a quarter of its life if that is less. Any number of concurrent
   * callers share one request. From about three quarters of its life on a token is renewed in the background while
   * it is still handed out.
   * @throws TokenError
   */
  token(options?: TokenOptions): Promise<AccessToken>
  /**
   * A token in place of the given one, which an API has refused. Does nothing but hand it out when there is one
   * already. When a token was refused a moment ago as well, it is not the token's fault: then the promise is for a
   * token of the same value, and repeating the request would be of no use.
   * @param options those the refused token was got with
   * @throws TokenError
   */
  renewToken(refused: AccessToken, options?: TokenOptions): Promise<AccessToken>
}

interface HeldToken {
  readonly token: AccessToken
  readonly renewAt: number
  readonly usableUntil: number
}

const minimumRemaining = 10_000
const renewalCoolDown = 10_000
/** Tokens of further scopes and resources, beyond which the one not used for longest is forgotten. */
const maximumTokens = 1_000

/**
 * Gets tokens by client credentials and keeps the current one in memory.
 * @throws TokenError `invalid_configuration` or `insecure_url`, at once
 */
export function tokenSource(options: TokenSourceOptions): TokenSource {
  const now = options.now ?? (() => performance.now())
  const random = options.random ?? Math.random
  const fetchToken = tokenFetcher(options, now, random)
  const wanted = readWanted(options)
  const keepers = new Map<string, TokenKeeper>()

  const keeperOf = ({ scope = options.scope, resource = options.resource }: TokenOptions): TokenKeeper => {
    const { scopes, resources } = readWanted({ scope, resource })
    const key = JSON.stringify([scopes.toSorted(), resources.toSorted()])
    const known = keepers.get(key)
    const keeper = known ?? tokenKeeper(() => fetchToken({ scopes, resources }), now, random)
    // A Map keeps its order: what is used moves to the end, what is in front has not been used for longest.
    keepers.delete(key)
    keepers.set(key, keeper)
    const [oldest] = keepers.keys()
    if (keepers.size > maximumTokens && oldest !== undefined) keepers.delete(oldest)
    return keeper
  }
  const own = tokenKeeper(() => fetchToken(wanted), now, random)
  const find = (asked: TokenOptions | undefined) =>
    asked === undefined || (asked.scope === undefined && asked.resource === undefined) ? own : keeperOf(asked)

  return Object.freeze({
    token: async (asked?: TokenOptions) => {
      asked?.signal?.throwIfAborted()
      return unlessAborted(find(asked).token(), asked?.signal)
    },
    renewToken: async (refused: AccessToken, asked?: TokenOptions) => {
      asked?.signal?.throwIfAborted()
      return unlessAborted(find(asked).renew(refused), asked?.signal)
    },
  })
}

function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

interface TokenKeeper {
  token(): Promise<AccessToken>
  renew(refused: AccessToken): Promise<AccessToken>
}

/** Keeps the token of one scope and resource. */
function tokenKeeper(fetchToken: TokenFetcher, now: () => number, random: () => number): TokenKeeper {
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

  return {
    token: async () => {
      const time = now()
      if (held === undefined || time >= held.usableUntil) return renew()
      if (time >= held.renewAt) renewInBackground(held)
      return held.token
    },
    renew: async (refused) => {
      if (held !== undefined && held.token !== refused && now() < held.usableUntil) return held.token
      held = undefined
      return renew()
    },
  }
}

function hold(token: AccessToken, askedAt: number, jitter: number): HeldToken {
  const lifetime = token.lifetime * 1_000
  // Counted from before the request was sent: whenever the server began counting, it was later.
  const usableUntil = askedAt + lifetime - Math.min(minimumRemaining, lifetime / 4)
  return { token, usableUntil, renewAt: Math.min(usableUntil, askedAt + lifetime * (0.7 + jitter / 10)) }
}

type TokenFetcher = () => Promise<{ readonly token: AccessToken; readonly askedAt: number }>

interface WantedToken {
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
}

function tokenFetcher(
  options: TokenSourceOptions,
  now: () => number,
  random: () => number,
): (wanted: WantedToken) => ReturnType<TokenFetcher> {
  const { issuer, timeout = 10_000 } = options
  const fetch = options.fetch ?? globalThis.fetch
  const authenticated = clientAuthenticator(options)
  const findEndpoint = endpointFinder(options, { fetch, timeout, now })
  const policy = {
    attempts: options.attempts ?? 3,
    maximumWait: options.maximumWait ?? 10_000,
    wait: options.wait ?? ((milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))),
    random,
  }
  return (wanted) =>
    withRetries(async () => {
      const endpoint = await findEndpoint()
      return authenticated({
        endpoint,
        issuer,
        timeout,
        send: async (authentication) => {
          const askedAt = now()
          const token = await requestToken({ endpoint, authentication, ...wanted, fetch, timeout })
          return { token, askedAt }
        },
      })
    }, policy)
}

function readWanted({ scope, resource = [] }: Pick<TokenOptions, 'scope' | 'resource'>): WantedToken {
  return { scopes: readScopes(scope), resources: typeof resource === 'string' ? [resource] : resource }
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
