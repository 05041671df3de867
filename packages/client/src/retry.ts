import { type Clock, elapsedSince, momentOf } from './clock.ts'
import { TokenError } from './errors.ts'

export interface RetryPolicy {
  /** Attempts in all. */
  readonly attempts: number
  /** No wait is longer, in milliseconds. A server that asks for more gets no further attempt. */
  readonly maximumWait: number
  /** Milliseconds from the first attempt after which none begins and no wait ends. */
  readonly deadline: number
  readonly clock: Clock
  /** Resolves after so many milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>
  /** A number from 0 up to 1. */
  readonly random: () => number
}

const firstWait = 200

/**
 * Repeats an attempt that failed for a temporary reason. `Retry-After` is honoured with up to a fifth on top of it, so
 * that clients refused together do not come back together; without it the wait doubles from 200 ms, fully jittered.
 * @param attempt is told how many milliseconds are left
 * @param onRetry is told why there is another attempt, and after how many milliseconds
 */
export async function withRetries<Value>(
  attempt: (remaining: number) => Promise<Value>,
  policy: RetryPolicy,
  onRetry: (error: TokenError, wait: number) => void,
): Promise<Value> {
  const start = momentOf(policy.clock)
  const remaining = () => policy.deadline - elapsedSince(start, policy.clock)
  for (let count = 1; ; count += 1) {
    try {
      return await attempt(remaining())
    } catch (error) {
      if (!(error instanceof TokenError) || !error.temporary || count >= policy.attempts) throw error
      const wait = waitBefore(error, count, policy)
      if (wait === undefined || wait >= remaining()) throw error
      onRetry(error, wait)
      await policy.wait(wait)
    }
  }
}

function waitBefore({ retryAfter }: TokenError, count: number, { maximumWait, random }: RetryPolicy) {
  if (retryAfter === undefined) return Math.min(firstWait * 2 ** count * random(), maximumWait)
  const asked = retryAfter * 1_000
  return asked > maximumWait ? undefined : asked * (1 + random() / 5)
}
