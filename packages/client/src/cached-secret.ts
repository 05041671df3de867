import { readSecret, type SecretFunction } from './credential.ts'
import { inFlight } from './in-flight.ts'

export interface CachedSecretOptions {
  /** Milliseconds for which a secret is not asked for again. Default 300 000, five minutes. */
  readonly maximumAge?: number | undefined
  /** Milliseconds of a clock that never jumps. Default `performance.now`. */
  readonly now?: (() => number) | undefined
}

/** Milliseconds between two questions that refusals cause. */
const coolDown = 10_000
/** Milliseconds after which nobody waits for an answer that another is waiting for, since it may never come. */
const patience = 30_000

/**
 * Keeps what a function gave, in memory, so that a secret manager is not asked for every request. Any number of callers
 * share one question. A secret that the server does not accept is asked for at once, at most every ten seconds, and
 * the request is repeated when there is another by now. A failure is not kept.
 */
export function cachedSecret(secret: SecretFunction, options: CachedSecretOptions = {}): SecretFunction {
  const { maximumAge = 300_000, now = () => performance.now() } = options
  let kept: { readonly value: string; readonly askedAt: number } | undefined
  const questions = inFlight<string>({ now, patience })

  const ask = (signal: AbortSignal): Promise<string> => {
    const askedAt = now()
    return questions.join(async () => {
      const value = await readSecret(secret, signal)
      // One that was given up and came all the same is older than what was asked for meanwhile.
      if (kept === undefined || kept.askedAt <= askedAt) kept = { value, askedAt }
      return value
    })
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
