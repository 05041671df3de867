import type { AccessToken } from './access-token.ts'
import { clientAuthenticator } from './client-authenticator.ts'
import type { Clock } from './clock.ts'
import type { Credential } from './credential.ts'
import type { DpopKey } from './dpop-proofs.ts'
import { TokenError } from './errors.ts'
import { tell } from './tell.ts'
import type { TokenCache } from './token-cache.ts'
import type { BareTokenEvent, TokenEvent, WantedToken } from './token-event.ts'
import { tokenFetcher } from './token-fetcher.ts'
import { type TokenKeeper, type TokenNeed, tokenKeeper } from './token-keeper.ts'
import { type OptionNames, unknownOption } from './unknown-option.ts'
import { keyOf, readWish, type TokenWish } from './wanted-token.ts'
import { unlessAborted } from './within.ts'

export interface TokenSourceOptions extends TokenWish {
  /** The issuer, whose metadata names the token endpoint. Either this or `tokenEndpoint`. */
  readonly issuer?: string | undefined
  /** The token endpoint itself, for a server without metadata. */
  readonly tokenEndpoint?: string | undefined
  /** Who the client is at the server, as its operator named it. */
  readonly clientId: string
  /** What the client proves itself with: a secret, a function that gives the current one, or another kind, or two. */
  readonly credential: Credential
  /** Further parameters of the token request, for servers that want some, such as `audience`. */
  readonly parameters?: Readonly<Record<string, string>> | undefined
  /**
   * Binds tokens to a key (RFC 9449), such as `dpopKey()` of `@mintmark/client/dpop`; `authorizedFetch` sends the proofs.
   * Such tokens are not shared by a `cache`.
   */
  readonly dpop?: DpopKey | undefined
  /** Shares tokens with other processes. Default: tokens are in the memory of this process only. */
  readonly cache?: TokenCache | undefined
  /** Told what happens, for logs and metrics. What it throws is ignored. */
  readonly onEvent?: ((event: TokenEvent) => void) | undefined
  /** Milliseconds for one HTTP request, and for the function that provides the secret. Default 10 000. */
  readonly timeout?: number | undefined
  /** Milliseconds for a token, with all attempts and waits. Default 30 000. */
  readonly deadline?: number | undefined
  /** Attempts for one token when the server is away or busy. Default 3. */
  readonly attempts?: number | undefined
  /** Longest wait between two attempts, in milliseconds. Default 10 000. */
  readonly maximumWait?: number | undefined
  /**
   * Tokens kept of scopes and resources that are named in calls; beyond, the one not used for longest is forgotten.
   * Default 100.
   */
  readonly maximumTokens?: number | undefined
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Milliseconds of a clock that never jumps. Default `performance.now`. */
  readonly now?: (() => number) | undefined
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly currentTime?: (() => number) | undefined
  /** Default `setTimeout`. */
  readonly wait?: ((milliseconds: number) => Promise<void>) | undefined
  /** Jitter from 0 up to 1. Default `Math.random`: it spreads load and guards nothing. */
  readonly random?: (() => number) | undefined
}

/** Scope and resource of a call are instead of the source's, and their tokens are kept apart. */
export interface TokenOptions extends TokenWish {
  /** Ends this call's waiting, with the signal's reason, and nobody else's. */
  readonly signal?: AbortSignal | undefined
}

export interface TokenSource {
  /** The key its tokens are bound to: whoever sends one sends a proof with it. */
  readonly dpop?: DpopKey | undefined
  /**
   * A token with time left: at least 10 seconds, or a quarter of its life if that is less. Any number of concurrent
   * callers share one request. From 70 to 80 percent of its life on a token is renewed in the background while it is
   * still handed out.
   * @throws TokenError
   */
  token(options?: TokenOptions): Promise<AccessToken>
  /**
   * A token in place of the given one, which an API has refused. Does nothing but hand it out when there is one
   * already. When the token before was refused too, it is not the token's fault: then the promise is, for a while, for
   * a token of the same value, and the caller has to live with the refusal.
   * @param options scope and resource that the refused token was got with
   * @throws TokenError
   */
  renewToken(refused: AccessToken, options?: TokenOptions): Promise<AccessToken>
}

const optionNames: OptionNames<TokenSourceOptions> = {
  issuer: true,
  tokenEndpoint: true,
  clientId: true,
  credential: true,
  scope: true,
  resource: true,
  parameters: true,
  cache: true,
  dpop: true,
  onEvent: true,
  timeout: true,
  deadline: true,
  attempts: true,
  maximumWait: true,
  maximumTokens: true,
  fetch: true,
  now: true,
  currentTime: true,
  wait: true,
  random: true,
}

/**
 * Gets tokens by client credentials (RFC 6749 §4.4) and keeps the current ones.
 * @throws TokenError `invalid_configuration` or `insecure_url`, at once
 */
export function tokenSource(options: TokenSourceOptions): TokenSource {
  const unknown = unknownOption(options, optionNames)
  if (unknown !== undefined) {
    throw new TokenError('invalid_configuration', `Token source: there is no option ${JSON.stringify(unknown)}`)
  }
  const makeKeeper = keeperMaker(options)
  const keepers = new Map<string, TokenKeeper>()
  const maximumTokens = readNumber('maximumTokens', options.maximumTokens, 100)
  const wanted = readWish(options)
  const own = makeKeeper(wanted)
  const ownKey = keyOf(wanted)

  const keeperFor = ({ scope = options.scope, resource = options.resource }: TokenWish): TokenKeeper => {
    const other = readWish({ scope, resource })
    const key = keyOf(other)
    if (key === ownKey) return own
    const keeper = keepers.get(key) ?? makeKeeper(other)
    // A Map keeps its order: what is used moves to the end, what is in front has not been used for longest.
    keepers.delete(key)
    keepers.set(key, keeper)
    const [oldest] = keepers.keys()
    if (keepers.size > maximumTokens && oldest !== undefined) keepers.delete(oldest)
    return keeper
  }
  const find = (wish: TokenWish) => (wish.scope === undefined && wish.resource === undefined ? own : keeperFor(wish))
  const waitFor = async (asked: TokenOptions, get: (keeper: TokenKeeper) => Promise<AccessToken>) => {
    asked.signal?.throwIfAborted()
    return unlessAborted(get(find(asked)), asked.signal)
  }

  return Object.freeze({
    dpop: options.dpop,
    token: (asked?: TokenOptions) => (asked === undefined ? own.token() : waitFor(asked, (keeper) => keeper.token())),
    renewToken: (refused: AccessToken, asked: TokenOptions = {}) => waitFor(asked, (keeper) => keeper.renew(refused)),
  })
}

function keeperMaker(options: TokenSourceOptions): (wanted: WantedToken) => TokenKeeper {
  const { issuer, tokenEndpoint, clientId, cache, dpop } = options
  if (dpop !== undefined && typeof dpop?.proof !== 'function') throw misconfigured('dpop is no dpopKey()')
  if (cache !== undefined && dpop !== undefined) {
    throw misconfigured('tokens that are bound to a key of this process are not for a cache')
  }
  const timeout = readNumber('timeout', options.timeout, 10_000)
  const deadline = readNumber('deadline', options.deadline, 30_000)
  const random = options.random ?? Math.random
  const clock: Clock = {
    now: options.now ?? (() => performance.now()),
    currentTime: options.currentTime ?? (() => Date.now()),
  }
  const authenticator = clientAuthenticator(options)
  const parameters = readParameters(options.parameters)
  const fetchToken = tokenFetcher({
    issuer,
    tokenEndpoint,
    authenticator,
    parameters,
    dpop,
    fetch: options.fetch ?? globalThis.fetch,
    timeout,
    policy: {
      attempts: readNumber('attempts', options.attempts, 3),
      maximumWait: readNumber('maximumWait', options.maximumWait, 10_000),
      deadline,
      clock,
      wait: options.wait ?? ((milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))),
      random,
    },
  })

  return (wanted) => {
    const onEvent = (event: BareTokenEvent) => tell(options.onEvent, { ...wanted, ...event })
    const fetchNow = async ({ because }: TokenNeed) => {
      const issued = await fetchToken(wanted, (error, wait) => onEvent({ type: 'retry', error, wait }))
      return { ...issued, forRefused: because === 'refused' }
    }
    // Waiting for other processes and for the secret comes on top of the deadline.
    const keeping = { clock, patience: deadline * 2, random, onEvent }
    if (cache === undefined) return tokenKeeper({ obtain: fetchNow, ...keeping })
    const identity = [issuer ?? null, tokenEndpoint ?? null, clientId, keyOf(wanted), parameters]
    const patience = Math.min(timeout, Math.ceil(deadline / 3))
    const { credentials } = authenticator
    const obtain = cache.share({ identity, credentials, patience, clock, onEvent }, fetchNow)
    return tokenKeeper({ obtain, ...keeping })
  }
}

/** What a timer can wait, in milliseconds: more would be no wait at all. */
const largestNumber = 2_147_483_647

function readNumber(name: string, value: number | undefined, byDefault: number): number {
  if (value === undefined) return byDefault
  if (Number.isSafeInteger(value) && value > 0 && value <= largestNumber) return value
  throw misconfigured(`${name} must be a whole number from 1 to ${largestNumber}`)
}

/** Those that the source itself sends, and those that would be another grant or authentication. */
const reserved: ReadonlySet<string> = new Set([
  'grant_type',
  'scope',
  'resource',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
])

function readParameters(parameters: Readonly<Record<string, string>> = {}): readonly (readonly [string, string])[] {
  const list = Object.entries(parameters)
  for (const [name, value] of list) {
    if (reserved.has(name)) throw misconfigured(`the parameter ${name} is not for the caller to set`)
    if (typeof value !== 'string') throw misconfigured(`the parameter ${name} is not a string`)
  }
  return list.toSorted(([a], [b]) => (a < b ? -1 : 1))
}

const misconfigured = (what: string) => new TokenError('invalid_configuration', `Token source: ${what}`)
