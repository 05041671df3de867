import { boundedCache } from './bounded-cache.ts'
import { type Jwt, looksLikeJwt, parseJwt } from './jws.ts'
import { invalidToken } from './refusals.ts'
import { tokenDigest } from './token-digest.ts'
import type { TrustedIssuer } from './trusted-issuer.ts'
import { maximumTokenLength, shown, type VerifiedToken } from './verified-token.ts'

/** Verifies one token; at once when it is remembered. OAuthError `invalid_token` or `temporarily_unavailable`. */
export type VerifyToken<Claims> = (token: string) => VerifiedToken<Claims> | Promise<VerifiedToken<Claims>>

/** Verifications under way that others may join; beyond, the earliest is joined no more. */
const sharedVerifications = 10_000

/** More requests to an issuer than any verification takes. */
const requestsOfVerification = 10

interface SharedVerification<Claims> {
  readonly answer: Promise<VerifiedToken<Claims>>
  readonly since: number
}

export interface VerificationSurroundings {
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  /** Milliseconds for one request to an issuer. */
  readonly timeout: number
  /** Default: the fastest that the platform has. */
  readonly digestOf?: ((token: string) => string | Promise<string>) | undefined
}

/**
 * Verifies a token by the one issuer it can come from: a JWT by the `iss` it claims, which must be in the list before
 * anything is fetched; an opaque token by its prefix, or by the one issuer without a prefix that is asked about tokens.
 * No issuer is ever shown a token of another. Callers with the same token share one verification.
 * @throws TypeError when more than one issuer could be asked about an opaque token, or an issuer is there twice
 */
export function tokenVerification<Claims>(
  issuers: readonly TrustedIssuer<Claims>[],
  { now, timeout, digestOf = tokenDigest }: VerificationSurroundings,
): VerifyToken<Claims> {
  checkIssuers(issuers)
  const patience = timeout * requestsOfVerification
  // Where a request is dropped, as in workers, its verification never ends: nobody joins it for ever, and it fills no memory.
  const pending = boundedCache<SharedVerification<Claims>>(sharedVerifications)

  const verifyOnce = (token: string, digest: string) => {
    // Each issuer remembers only what it has verified itself, and a digest means exactly one token.
    for (const issuer of issuers) {
      const remembered = issuer.recall(digest)
      if (remembered !== undefined) return remembered
    }
    const running = pending.get(digest)
    if (running !== undefined && now() - running.since < patience) return running.answer
    const jwt = looksLikeJwt(token) ? readJwt(token) : undefined
    const answer = issuerOf(token, jwt, issuers).verify({ token, digest, jwt })
    const verification = { answer, since: now() }
    const done = () => {
      if (pending.get(digest) === verification) pending.delete(digest)
    }
    pending.set(digest, verification)
    answer.then(done, done)
    return answer
  }

  return (token) => {
    if (token.length > maximumTokenLength) throw invalidToken('token-too-long')
    const digest = digestOf(token)
    return typeof digest === 'string' ? verifyOnce(token, digest) : digest.then((one) => verifyOnce(token, one))
  }
}

function readJwt(token: string): Jwt {
  try {
    return parseJwt(token)
  } catch (cause) {
    throw invalidToken('jwt-malformed', { cause })
  }
}

function issuerOf<Claims>(
  token: string,
  jwt: Jwt | undefined,
  issuers: readonly TrustedIssuer<Claims>[],
): TrustedIssuer<Claims> {
  const [first, ...others] = issuers
  if (jwt !== undefined) {
    const claimed = jwt.claims.iss
    // Who has one issuer may be told of tokens without an `iss` by introspection; offline they are refused.
    const issuer = claimed === undefined && others.length === 0 ? first : issuers.find((one) => one.issuer === claimed)
    if (issuer !== undefined) return issuer
    throw invalidToken('claim-iss', {
      expected: issuers.map((one) => one.issuer).join(' '),
      received: shown(claimed),
    })
  }
  const asked = issuers.filter(({ verification }) => verification !== 'offline')
  const issuer =
    asked.find(({ opaquePrefix }) => opaquePrefix !== undefined && token.startsWith(opaquePrefix)) ??
    asked.find(({ opaquePrefix }) => opaquePrefix === undefined)
  if (issuer !== undefined) return issuer
  throw invalidToken(asked.length === 0 ? 'jwt-malformed' : 'opaque-prefix')
}

function checkIssuers<Claims>(issuers: readonly TrustedIssuer<Claims>[]): void {
  if (issuers.length === 0) throw new TypeError('protect: issuer is missing')
  if (new Set(issuers.map(({ issuer }) => issuer)).size < issuers.length) {
    throw new TypeError('protect: an issuer is there twice')
  }
  const asked = issuers.filter(({ verification }) => verification !== 'offline')
  if (asked.filter(({ opaquePrefix }) => opaquePrefix === undefined).length > 1) {
    throw new TypeError('protect: several issuers are asked about tokens; give all but one of them an opaquePrefix')
  }
  for (const { issuer, verification, opaquePrefix } of issuers) {
    if (opaquePrefix === undefined) continue
    if (verification === 'offline') throw new TypeError(`protect: ${issuer} has an opaquePrefix and no introspection`)
    // A JWT begins with `ey` or the like, which is `{` in base64url.
    if (!/^[A-Za-z0-9\-._~+/]+$/.test(opaquePrefix) || /^e(?:$|[w-z0-9_-])/.test(opaquePrefix)) {
      throw new TypeError(`protect: the opaquePrefix of ${issuer} cannot tell its tokens from JWTs`)
    }
    const rival = asked.find((one) => one.issuer !== issuer && one.opaquePrefix?.startsWith(opaquePrefix))
    if (rival !== undefined)
      throw new TypeError(`protect: tokens of ${rival.issuer} have the opaquePrefix of ${issuer}`)
  }
}
