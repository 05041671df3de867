import { TokenError } from './errors.ts'

export interface RetryPolicy {
  /** Attempts in all. */
  readonly attempts: number
  /** No wait is longer, in milliseconds. A server that asks for more gets no further attempt. */
  readonly maximumWait: number
  /** Resolves after so many milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>
  /** A number from 0 up to 1. */
  readonly random: () => number
}

const firstWait = 200

/**
 * Repeats an attempt that failed for a temporary reason. `Retry-After` is honoured with up to a fifth on top of it, so
 * that clients refused together do not come back together; without it the wait doubles from 200 ms, fully jittered.
 */
export async function withRetries<Value>(attempt: () => Promise<Value>, policy: RetryPolicy): Promise<Value> {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof TokenError) || !error.temporary || count >= policy.attempts) throw error
      const asked = error.retryAfter === undefined ? undefined : error.retryAfter * 1_000
      if (asked !== undefined && asked > policy.maximumWait) throw error
      const wait = asked === undefined ? firstWait * 2 ** count * policy.random() : asked * (1 + policy.random() / 5)
      await policy.wait(Math.min(wait, asked === undefined ? policy.maximumWait : policy.maximumWait * 1.2))
    }
  }
}
