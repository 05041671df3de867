import type { Claims } from '../domain/claim-matcher.ts'
import { isTrustDomain, type Trust, trustDomainOf } from '../domain/trust.ts'
import { type AssertionHeader, readAssertion, verifyAssertion } from './assertion.ts'
import { clockLeeway, isTime } from './assertion-claims.ts'
import { readPayload } from './client-assertion.ts'
import { invalidClient } from './invalid-client.ts'
import type { TrustKeys } from './trust-keys.ts'

/** What a platform says of a workload, not yet believed. */
export type PlatformToken = {
  readonly text: string
  readonly header: AssertionHeader
  readonly claims: Claims
  readonly sub: string
  /** Issuers it may be of: what it names, and the trust domain its subject is in. */
  readonly issuers: readonly string[]
}

/** Never an access token (`at+jwt`): a resource server that was given one could be a client with it. */
const acceptedTypes = ['jwt', 'jose']

/** @throws OAuthError `invalid_client` */
export const readPlatformToken = (text: string): PlatformToken => {
  const header = readAssertion(text, acceptedTypes)
  const claims = readPayload(text)
  const { iss, sub } = claims
  if (typeof sub !== 'string' || sub === '') throw wrong('sub', sub)
  return {
    text,
    header,
    claims,
    sub,
    issuers: [iss, trustDomainOf(sub)].filter((issuer): issuer is string => typeof issuer === 'string'),
  }
}

const wrong = (claim: string, value: unknown, expected?: string) =>
  invalidClient(`assertion-${claim}`, expected, value === undefined ? 'none' : JSON.stringify(value)?.slice(0, 200))

export type VerifyPlatformToken = (token: PlatformToken, trust: Trust, issuer: string) => Promise<void>

/**
 * Believes a token of a platform, or does not (RFC 7523 §3): its signature by a key of the trust, then what it says.
 * Resolves when it is good.
 * @param issuer our own, which it must be for unless the trust says otherwise
 * @throws OAuthError `invalid_client`; `temporarily_unavailable` when the keys of the trust cannot be had
 */
export const createPlatformTokenVerifier =
  ({ trustKeys, now }: { readonly trustKeys: TrustKeys; readonly now: () => number }): VerifyPlatformToken =>
  async (token, trust, issuer) => {
    const { text, header, claims } = token
    if (!trust.enabled) throw invalidClient('trust-enabled', undefined, trust.id)
    if (!trust.algorithms.includes(header.algorithm)) {
      throw invalidClient('assertion-algorithm', trust.algorithms.join(' '), header.algorithm)
    }
    await assertSigned(text, header, trust, trustKeys)
    if (isTrustDomain(trust)) {
      if (trustDomainOf(claims.sub) !== trust.issuer) throw wrong('sub', claims.sub, trust.issuer)
    } else if (claims.iss !== trust.issuer) throw wrong('iss', claims.iss, trust.issuer)
    assertAudience(claims.aud, trust.audiences.length === 0 ? [issuer] : trust.audiences)
    assertTimes(claims, trust, now() / 1000)
    const { jti } = claims
    if (trust.singleUse && (typeof jti !== 'string' || jti === '' || jti.length > 256)) throw wrong('jti', jti)
  }

const assertSigned = async (text: string, header: AssertionHeader, trust: Trust, keys: TrustKeys): Promise<void> => {
  for (const key of await keys.find(trust, header)) {
    if (await verifyAssertion(text, header.algorithm, key)) return
  }
  throw invalidClient('assertion-signature', `a ${header.algorithm} key of trust ${trust.id}`, header.kid)
}

/** Every audience must be one of ours: whoever else it is for could come here with it. */
const assertAudience = (aud: unknown, accepted: readonly string[]): void => {
  const named: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (named.length > 0 && named.every((one) => typeof one === 'string' && accepted.includes(one))) return
  throw wrong('audience', aud, accepted.join(' '))
}

const assertTimes = ({ exp, nbf, iat }: Claims, { maximumLifetime }: Trust, now: number): void => {
  if (!isTime(exp)) throw wrong('exp', exp)
  if (nbf !== undefined && !isTime(nbf)) throw wrong('nbf', nbf)
  if (iat !== undefined && !isTime(iat)) throw wrong('iat', iat)
  if (exp <= now - clockLeeway) throw wrong('exp', exp, `after ${Math.floor(now)}`)
  if (exp > now + maximumLifetime + clockLeeway) throw wrong('exp', exp, `at most ${maximumLifetime} s ahead`)
  if (nbf !== undefined && nbf > now + clockLeeway) throw wrong('nbf', nbf, `at most ${clockLeeway} s ahead`)
  if (iat !== undefined && iat > now + clockLeeway) throw wrong('iat', iat, `at most ${clockLeeway} s ahead`)
}
