import { readPayload } from './client-assertion.ts'
import { invalidClient } from './invalid-client.ts'

/** Seconds by which the clock of a client may differ from ours. */
export const clockLeeway = 15
/** The longest time an assertion may live, in seconds: so long its `jti` is kept. */
export const maximumAssertionLifetime = 3600
const maximumJtiLength = 256

/** The claims of a client assertion (RFC 7523 §3), not yet believed. */
export type AssertionClaims = {
  /** Who it speaks for, by `iss` and `sub` alike. */
  readonly sub: string
  readonly aud: unknown
  readonly jti: string
  /** Epoch seconds. */
  readonly exp: number
  /** The earliest time at which it could have been accepted, epoch seconds. */
  readonly earliest: number
  /**
   * @param longest seconds it may live, where that is less than for others: also from when it says it was made
   * @throws OAuthError `invalid_client` when it has ended, has not begun, or would live too long
   */
  readonly assertTimes: (now: number, longest?: number) => void
}

const wrong = (claim: string, value: unknown, expected?: string) =>
  invalidClient(`assertion-${claim}`, expected, value === undefined ? 'none' : JSON.stringify(value)?.slice(0, 200))

export const isTime = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0

/**
 * The earliest time at which what has these times could have been accepted, in epoch seconds.
 * @param longest seconds it may live
 */
export const earliestTime = (
  {
    exp,
    iat = 0,
    nbf = 0,
  }: { readonly exp: number; readonly iat?: number | undefined; readonly nbf?: number | undefined },
  longest: number,
): number => Math.max(exp - longest, iat, nbf) - clockLeeway

/**
 * Reads the claims of an assertion. Who it names is a claim like any other until its signature is verified.
 * @throws OAuthError `invalid_client`
 */
export const readAssertionClaims = (assertion: string): AssertionClaims => {
  const claims = readPayload(assertion)
  const { iss, sub, aud, jti, exp, nbf, iat } = claims
  if (typeof sub !== 'string' || sub === '') throw wrong('sub', sub)
  if (iss !== sub) throw wrong('iss', iss, sub)
  if (aud === undefined) throw wrong('aud', aud)
  if (typeof jti !== 'string' || jti === '' || jti.length > maximumJtiLength) throw wrong('jti', jti)
  if (!isTime(exp)) throw wrong('exp', exp)
  if (nbf !== undefined && !isTime(nbf)) throw wrong('nbf', nbf)
  if (iat !== undefined && !isTime(iat)) throw wrong('iat', iat)
  return {
    sub,
    aud,
    jti,
    exp,
    earliest: earliestTime({ exp, iat, nbf }, maximumAssertionLifetime),
    assertTimes: (milliseconds, longest) => {
      const now = milliseconds / 1000
      if (exp <= now - clockLeeway) throw wrong('exp', exp, `after ${Math.floor(now)}`)
      const ahead = longest ?? maximumAssertionLifetime
      if (exp > now + ahead + clockLeeway) throw wrong('exp', exp, `at most ${ahead} s ahead`)
      const made = iat ?? nbf
      if (longest !== undefined && isTime(made) && exp > made + longest) {
        throw wrong('exp', exp, `at most ${longest} s after ${made}`)
      }
      if (nbf !== undefined && nbf > now + clockLeeway) throw wrong('nbf', nbf, `at most ${clockLeeway} s ahead`)
      if (iat !== undefined && iat > now + clockLeeway) throw wrong('iat', iat, `at most ${clockLeeway} s ahead`)
    },
  }
}
