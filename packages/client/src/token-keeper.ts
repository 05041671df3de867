import type { AccessToken } from './access-token.ts'
import { type Clock, elapsedSince, type Moment, momentOf } from './clock.ts'
import { TokenError } from './errors.ts'
import { inFlight } from './in-flight.ts'
import { type IssuedToken, usableFor } from './issued-token.ts'
import type { BareTokenEvent } from './token-event.ts'

/** Why a token is wanted, and which one will not do. */
export interface TokenNeed {
  readonly because: 'missing' | 'due' | 'refused'
  /** The value of the token at hand. */
  readonly insteadOf?: string | undefined
}

export interface TokenKeeperOptions {
  readonly obtain: (need: TokenNeed) => Promise<IssuedToken>
  /** Milliseconds in which `obtain` ends, whatever happens. */
  readonly patience: number
  readonly clock: Clock
  /** A number from 0 up to 1. */
  readonly random: () => number
  readonly onEvent: (event: BareTokenEvent) => void
}

export interface TokenKeeper {
  token(): Promise<AccessToken>
  renew(refused: AccessToken): Promise<AccessToken>
}

interface HeldToken {
  readonly token: AccessToken
  readonly promise: Promise<AccessToken>
  readonly askedAt: Moment
  /** Milliseconds from its request. */
  readonly usableFor: number
  /** Milliseconds from its request after which it is renewed while it is still served. */
  readonly renewAfter: number
  /** Renewals that failed since. */
  readonly failures: number
}

const firstCoolDown = 10_000
const longestCoolDown = 300_000

/**
 * Keeps the current token of one scope and resource: one request in flight, renewed at a random point between 70 and
 * 80 percent of its life. After a renewal that failed the next is tried 10 seconds later, then 20 and so on, at most 5 minutes.
 * After a token that stands in for a refused one, the next refusal renews only 10 seconds later, and if that is of no
 * use either 20, and so on, at most 5 minutes: an API that refuses everything must not cost a token request a call.
 */
export function tokenKeeper({ obtain, patience, clock, random, onEvent }: TokenKeeperOptions): TokenKeeper {
  let held: HeldToken | undefined
  const requests = inFlight<AccessToken>({ now: clock.now, patience })
  let refusal: { readonly renewedAt: Moment; readonly coolDown: number } | undefined

  const obtainAndHold = async (need: TokenNeed): Promise<AccessToken> => {
    const start = momentOf(clock)
    const issued = await obtain(need)
    const { token, askedAt, from } = issued
    const life = usableFor(token)
    held = {
      token,
      promise: Promise.resolve(token),
      askedAt,
      usableFor: life,
      renewAfter: Math.min(life, token.lifetime * (700 + random() * 100)),
      failures: 0,
    }
    if (issued.forRefused) refusal = { renewedAt: askedAt, coolDown: nextCoolDown() }
    const { because } = need
    onEvent({ type: 'fetched', from, because, lifetime: token.lifetime, took: elapsedSince(start, clock) })
    return token
  }
  const nextCoolDown = (): number => {
    if (refusal === undefined || elapsedSince(refusal.renewedAt, clock) >= refusal.coolDown * 2) return firstCoolDown
    return Math.min(refusal.coolDown * 2, longestCoolDown)
  }
  const renewForCallers = (need: TokenNeed): Promise<AccessToken> => {
    const running = requests.running()
    if (running !== undefined) return running
    const renewal = requests.join(() => obtainAndHold(need))
    renewal.catch((error: unknown) => onEvent({ type: 'failed', error }))
    return renewal
  }
  const renewEarly = (current: HeldToken): Promise<AccessToken> => {
    if (requests.running() !== undefined) return current.promise
    const need = { because: 'due', insteadOf: current.token.value } as const
    return requests
      .join(() => obtainAndHold(need))
      .catch((error: unknown) => {
        const age = elapsedSince(current.askedAt, clock)
        onEvent({ type: 'renewal-failed', error, servedFor: Math.max(0, current.usableFor - age) })
        if (held !== current) return current.token
        const asked = error instanceof TokenError ? (error.retryAfter ?? 0) * 1_000 : 0
        const wait = Math.max(firstCoolDown * 2 ** current.failures * (1 + random() / 5), asked)
        held = { ...current, renewAfter: age + Math.min(wait, longestCoolDown), failures: current.failures + 1 }
        return current.token
      })
  }

  return {
    token: () => {
      const current = held
      if (current === undefined) return renewForCallers({ because: 'missing' })
      const age = elapsedSince(current.askedAt, clock)
      if (age >= current.usableFor) return renewForCallers({ because: 'due', insteadOf: current.token.value })
      if (age < current.renewAfter) return current.promise
      // A renewal that nobody waited for got lost, as in workers: this time it is waited for.
      if (requests.lost()) return renewEarly(current)
      renewEarly(current)
      return current.promise
    },
    renew: (refused) => {
      const usable = held !== undefined && elapsedSince(held.askedAt, clock) < held.usableFor ? held : undefined
      if (usable !== undefined && usable.token.value !== refused.value) return usable.promise
      if (usable !== undefined && refusal !== undefined && elapsedSince(refusal.renewedAt, clock) < refusal.coolDown) {
        onEvent({ type: 'refusal-ignored' })
        return usable.promise
      }
      held = undefined
      return renewForCallers({ because: 'refused', insteadOf: refused.value })
    },
  }
}
