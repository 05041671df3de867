import { readSecret, type SecretFunction } from './credential.ts'

export interface CachedSecretOptions {
  /** Milliseconds for which a secret is not asked for again. Default 300 000, five minutes. */
  readonly maximumAge?: number | undefined
  /** Milliseconds of a clock that never jumps. Default `performance.now`. */
  readonly now?: (() => number) | undefined
}

/** Milliseconds between two questions that refusals cause. */
const coolDown = 10_000

/**
 * Keeps what a function gave, in memory, so that a secret manager is not asked for every request. Any number of callers
 * share one question. A secret that the server does not accept is asked for at once, at most every ten seconds, and
 * the request is repeated when there is another by now. A failure is not kept.
 */
export function cachedSecret(secret: SecretFunction, options: CachedSecretOptions = {}): SecretFunction {
  const { maximumAge = 300_000, now = () => performance.now() } = options
  let kept: { readonly value: string; readonly askedAt: number } | undefined
  let pending: Promise<string> | undefined

  const ask = (signal: AbortSignal): Promise<string> => {
    const askedAt = now()
    pending ??= readSecret(secret, signal)
      .then((value) => {
        kept = { value, askedAt }
        return value
      })
      .finally(() => {
        pending = undefined
      })
    return pending
  }
  return Object.assign(
    (signal: AbortSignal) => (kept !== undefined && now() - kept.askedAt < maximumAge ? kept.value : ask(signal)),
    {
      refused: async (refused: string, signal: AbortSignal): Promise<boolean> => {
        if (kept !== undefined && kept.value !== refused) return true
        if (kept !== undefined && now() - kept.askedAt < coolDown) return false
        return (await ask(signal)) !== refused
      },
    },
  )
}
