import type { Clock } from './clock.ts'
import type { ClientCredential } from './credential.ts'
import { readSecret } from './credential.ts'
import { TokenError } from './errors.ts'
import type { IssuedToken } from './issued-token.ts'
import { cacheName, openToken, sealToken } from './sealed-token.ts'
import type { TokenCache } from './token-cache.ts'
import type { BareTokenEvent } from './token-event.ts'
import type { TokenNeed } from './token-keeper.ts'

export interface SharedTokensOptions {
  readonly cache: TokenCache
  /** Everything that a token depends on: server, client, scopes, resources. */
  readonly identity: readonly unknown[]
  /** The client's credentials, the one that works first. */
  readonly credentials: () => readonly ClientCredential[]
  /** Milliseconds a credential, or waiting for other processes, may take. */
  readonly patience: number
  readonly clock: Clock
  readonly onEvent: (event: BareTokenEvent) => void
}

/**
 * Puts a shared cache before the token endpoint: a token that another process got is used, and only one process at a
 * time asks for a new one. Without the cache, or when it fails, the token is asked for all the same.
 */
export function sharedTokens(
  options: SharedTokensOptions,
  fetchToken: (need: TokenNeed) => Promise<IssuedToken>,
): (need: TokenNeed) => Promise<IssuedToken> {
  const { cache, clock, patience, onEvent } = options
  let name: Promise<string> | undefined

  /** What contents may be sealed with: under the first they are. */
  const secrets = (): readonly (() => Promise<string | undefined>)[] => {
    const signal = AbortSignal.timeout(patience)
    const { sealingSecret } = cache
    if (sealingSecret !== undefined) return [() => readSecret(sealingSecret, signal)]
    return options.credentials().map((one) => async () => one.sealingSecret?.(signal))
  }
  /** What goes wrong with the cache must not be what goes wrong with the token. */
  const orWithout = async <Value>(work: () => Promise<Value>): Promise<Value | undefined> => {
    try {
      return await work()
    } catch (error) {
      if (error instanceof TokenError) throw error
      onEvent({ type: 'cache-failed', error })
      return undefined
    }
  }
  const find = (key: string, { insteadOf }: TokenNeed) =>
    orWithout(async () => {
      const stored = await cache.read(key)
      if (stored === undefined) return undefined
      for (const secretOf of secrets()) {
        const secret = await secretOf()
        const issued = secret === undefined ? undefined : await openToken(stored, key, secret, clock)
        if (issued !== undefined) return issued.token.value === insteadOf ? undefined : issued
      }
      return undefined
    })
  const keep = async (key: string, issued: IssuedToken): Promise<void> => {
    try {
      const secret = await secrets()[0]?.()
      if (secret === undefined) return
      await cache.write(key, await sealToken(issued, key, secret), issued.token.lifetime)
    } catch (error) {
      onEvent({ type: 'cache-failed', error })
    }
  }

  return async (need) => {
    name ??= cacheName(options.identity)
    const key = await name
    const shared = await find(key, need)
    if (shared !== undefined) return shared
    let outcome: Promise<IssuedToken> | undefined
    const obtain = async (): Promise<IssuedToken> => {
      const meanwhile = await find(key, need)
      if (meanwhile !== undefined) return meanwhile
      const issued = await fetchToken(need)
      await keep(key, issued)
      return issued
    }
    await orWithout(() =>
      cache.exclusively(
        key,
        async () => {
          outcome = obtain()
          // Whether it failed is not the cache's business.
          await outcome.catch(() => undefined)
        },
        patience,
      ),
    )
    return outcome ?? fetchToken(need)
  }
}
