import type { ClientAuthenticator } from './client-authenticator.ts'
import { momentOf } from './clock.ts'
import { endpointFor, metadataSource } from './discovery.ts'
import type { DpopKey } from './dpop-proofs.ts'
import { TokenError } from './errors.ts'
import type { IssuedToken } from './issued-token.ts'
import { type RetryPolicy, withRetries } from './retry.ts'
import { secureUrl } from './secure-url.ts'
import type { WantedToken } from './token-event.ts'
import { requestToken } from './token-request.ts'
import { within } from './within.ts'

export interface TokenFetcherOptions {
  /** The issuer, or else the token endpoint itself. */
  readonly issuer?: string | undefined
  readonly tokenEndpoint?: string | undefined
  readonly authenticator: ClientAuthenticator
  /** Further parameters of the token request. */
  readonly parameters: readonly (readonly [string, string])[]
  /** What tokens are to be bound to. */
  readonly dpop?: DpopKey | undefined
  readonly fetch: typeof globalThis.fetch
  /** Milliseconds for one request. */
  readonly timeout: number
  readonly policy: RetryPolicy
}

/** Gets one token from the server, with retries. */
export type TokenFetcher = (
  wanted: WantedToken,
  onRetry: (error: TokenError, wait: number) => void,
) => Promise<Omit<IssuedToken, 'forRefused'>>

/** @throws TokenError `invalid_configuration` or `insecure_url`, at once */
export function tokenFetcher(options: TokenFetcherOptions): TokenFetcher {
  const { issuer, authenticator, parameters, dpop, fetch, policy } = options
  const findEndpoint = endpointFinder(options)
  const attempt = async (wanted: WantedToken, remaining: number) => {
    const start = policy.clock.now()
    // Whole milliseconds, which is what `AbortSignal.timeout` takes.
    const timeLeft = () => Math.ceil(Math.min(options.timeout, Math.max(1, remaining - (policy.clock.now() - start))))
    const endpoint = await findEndpoint()
    const ask = () =>
      authenticator.send({
        endpoint,
        issuer,
        timeout: timeLeft(),
        send: async (authentication) => {
          const askedAt = momentOf(policy.clock)
          const timeout = timeLeft()
          const request = {
            endpoint,
            authentication,
            ...wanted,
            parameters,
            dpop,
            fetch,
            timeout,
            askedAt: askedAt.wall,
          }
          return { token: await requestToken(request), askedAt, from: 'server' as const }
        },
      })
    // With the nonce of the refusal, and once: a second one is an error like any other (RFC 9449 §8).
    return ask().catch((error: unknown) => {
      if (dpop === undefined || !(error instanceof TokenError) || error.oauthError !== 'use_dpop_nonce') throw error
      return ask()
    })
  }
  return (wanted, onRetry) =>
    withRetries((remaining) => within(remaining, attempt(wanted, remaining), overdue), policy, onRetry)
}

const overdue = () => new TokenError('timeout', 'The token did not come before the deadline')

function endpointFinder(options: TokenFetcherOptions): () => Promise<URL> {
  const { issuer, tokenEndpoint, authenticator, fetch, timeout, policy } = options
  if (tokenEndpoint !== undefined && issuer === undefined) {
    const endpoint = secureUrl(tokenEndpoint, 'The token endpoint')
    return async () => endpoint
  }
  if (issuer === undefined || tokenEndpoint !== undefined) {
    throw new TokenError('invalid_configuration', 'Token source: either issuer or tokenEndpoint is needed, not both')
  }
  secureUrl(issuer, 'The issuer')
  const metadata = metadataSource({ issuer, fetch, timeout, now: policy.clock.now })
  return async () => {
    const found = endpointFor(await metadata.get(), 'token_endpoint', authenticator.credentials())
    if (found === undefined) throw new TokenError('invalid_metadata', `The metadata of ${issuer} has no token_endpoint`)
    return new URL(found)
  }
}
