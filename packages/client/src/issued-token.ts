import type { AccessToken } from './access-token.ts'
import { type Clock, elapsedSince, type Moment } from './clock.ts'

/** A token and what is known of when it was issued. */
export interface IssuedToken {
  readonly token: AccessToken
  /** Before the request was sent: whenever the server began to count, it was later. */
  readonly askedAt: Moment
  /** Whether it stands in for one that an API refused. */
  readonly forRefused: boolean
  readonly from: 'server' | 'cache'
}

const minimumRemaining = 10_000

/** Milliseconds from its request for which a token is handed out: all but the last 10 seconds, or the last quarter. */
export function usableFor({ lifetime }: AccessToken): number {
  const milliseconds = lifetime * 1_000
  return milliseconds - Math.min(minimumRemaining, milliseconds / 4)
}

export const isUsable = ({ token, askedAt }: IssuedToken, clock: Clock): boolean =>
  elapsedSince(askedAt, clock) < usableFor(token)
