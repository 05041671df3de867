import { type ClientCredential, readSecret, slowSecret } from '../credential.ts'
import { TokenError } from '../errors.ts'
import type { IssuedToken } from '../issued-token.ts'
import type { TokenCache } from '../token-cache.ts'
import type { TokenNeed } from '../token-keeper.ts'
import { within } from '../within.ts'
import { patientStore } from './patient-store.ts'
import { cacheName, openToken, sealToken } from './sealed-token.ts'
import type { TokenStore } from './token-store.ts'

type Secrets = () => readonly (() => Promise<string | undefined>)[]

/**
 * Shares tokens by way of a store: a token that another process got is used, and only one process at a time asks for a
 * new one. They are sealed under a key derived from the client's credential, so that only who could have got the token
 * anyway can read it. Without the store, or when it fails, the token is asked for all the same.
 */
export function sharedTokenCache(store: TokenStore): TokenCache {
  return Object.freeze({ share: (...rest: Parameters<TokenCache['share']>) => share(store, ...rest) })
}

function share(given: TokenStore, ...[options, fetchToken]: Parameters<TokenCache['share']>) {
  const { clock, patience, onEvent } = options
  const store = patientStore(given, patience, clock.now)
  if (store.sealingSecret === undefined && !canSeal(options.credentials())) {
    const why = 'The token cache needs a key of its own, since the credential has nothing to derive one from'
    throw new TokenError('invalid_configuration', why)
  }
  let name: Promise<string> | undefined

  /** What contents may be sealed with, the first is what they are sealed with. Each is asked once for one token. */
  const secretsOnce = (): Secrets => {
    const signal = AbortSignal.timeout(patience)
    const known = new Map<object, Promise<string | undefined>>()
    const once = (owner: object, ask: () => Promise<string | undefined>) => () => {
      const secret = known.get(owner) ?? within(patience, ask(), () => slowSecret(patience))
      known.set(owner, secret)
      return secret
    }
    return () => {
      const { sealingSecret } = store
      if (sealingSecret !== undefined) return [once(store, () => readSecret(sealingSecret, signal))]
      return options.credentials().map((one) => once(one, async () => one.sealingSecret?.(signal)))
    }
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
  const find = (key: string, { insteadOf }: TokenNeed, secrets: Secrets) =>
    orWithout(async () => {
      const stored = await store.read(key)
      if (stored === undefined) return undefined
      for (const secretOf of secrets()) {
        // That there is no secret is for the token request to tell.
        const secret = await secretOf().catch(() => undefined)
        const issued = secret === undefined ? undefined : await openToken(stored, key, secret, clock)
        if (issued !== undefined) return issued.token.value === insteadOf ? undefined : issued
      }
      return undefined
    })
  const keep = async (key: string, issued: IssuedToken, secrets: Secrets): Promise<void> => {
    try {
      const secret = await secrets()[0]?.()
      if (secret === undefined) return
      await store.write(key, await sealToken(issued, key, secret), issued.token.lifetime)
    } catch (error) {
      onEvent({ type: 'cache-failed', error })
    }
  }

  return async (need: TokenNeed): Promise<IssuedToken> => {
    name ??= cacheName(options.identity)
    const key = await name
    const secrets = secretsOnce()
    const shared = await find(key, need, secrets)
    if (shared !== undefined) return shared
    let outcome: Promise<IssuedToken> | undefined
    const obtain = async (): Promise<IssuedToken> => {
      const meanwhile = await find(key, need, secrets)
      if (meanwhile !== undefined) return meanwhile
      const issued = await fetchToken(need)
      await keep(key, issued, secrets)
      return issued
    }
    await orWithout(() =>
      store.exclusively(
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

const canSeal = ([first]: readonly ClientCredential[]): boolean => first?.sealingSecret !== undefined
