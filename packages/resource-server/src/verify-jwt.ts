import { boundedCache } from './bounded-cache.ts'
import type { Jws } from './jws.ts'
import { invalidToken } from './refusals.ts'
import type { KeySource } from './remote-keys.ts'
import type { Algorithm } from './signature-algorithm.ts'
import type { TokenVerifier, TypeClaims } from './token-verifier.ts'
import type { VerificationKey } from './verification-key.ts'
import {
  checkNotBefore,
  checkNotExpired,
  clockLeeway,
  isNumericDate,
  requiredText,
  shown,
  type TokenClaims,
  type VerifiedToken,
  verifiedToken,
} from './verified-token.ts'
import { verifyJws } from './verify-jws.ts'

const rememberedTokens = 10_000

export interface JwtVerifierOptions<Claims> {
  readonly issuer: string
  readonly audience: string
  readonly algorithms: readonly Algorithm[]
  readonly keys: KeySource
  /** Milliseconds since 1970. */
  readonly currentTime: () => number
  readonly typed: TypeClaims<Claims>
}

/**
 * Verifies JWT access tokens offline (RFC 9068 §4): type, algorithm, signature by a key of the issuer, issuer,
 * audience, times with 10 seconds of leeway, and every claim of §2.2. Does not know of revocations.
 * A verified token is remembered by its digest until it expires or the key that signed it is gone.
 */
export function jwtVerifier<Claims>(options: JwtVerifierOptions<Claims>): TokenVerifier<Claims> {
  const { issuer, audience, keys, currentTime, typed } = options
  const memory = boundedCache<{ readonly token: VerifiedToken<Claims>; readonly key: VerificationKey }>(
    rememberedTokens,
  )

  return {
    recall: (digest) => {
      const remembered = memory.get(digest)
      const current = remembered === undefined ? undefined : keys.atHand()
      // Without keys at hand a token waits for them, whether it was seen before or not.
      if (remembered === undefined || current === undefined) return undefined
      if (current.has(remembered.key) && currentTime() < remembered.token.expiresAt * 1_000) return remembered.token
      memory.delete(digest)
      return undefined
    },
    verify: async ({ jwt, digest }) => {
      if (jwt === undefined) throw invalidToken('jwt-malformed')
      const { claims } = jwt
      checkType(jwt)
      // Before a key is asked for: another issuer's token is no reason to fetch anything.
      checkIssuer(claims, issuer)
      const key = await verifyJws(jwt, options)
      checkTimes(claims, currentTime() / 1_000)
      for (const name of ['sub', 'client_id', 'jti']) requiredText(claims, name)
      const token = await typed(verifiedToken(claims, { issuer, audience }))
      memory.set(digest, { token, key })
      return token
    },
  }
}

// RFC 9068 §4; media types are compared without regard to case, and `application/` may be left out (RFC 7515 §4.1.9).
const accessTokenType = /^(?:application\/)?at\+jwt$/i

function checkType({ header: { typ } }: Jws): void {
  if (typeof typ === 'string' && accessTokenType.test(typ)) return
  throw invalidToken('claim-typ', { expected: 'at+jwt', received: shown(typ) })
}

function checkIssuer({ iss }: TokenClaims, issuer: string): void {
  if (iss !== issuer) throw invalidToken('claim-iss', { expected: issuer, received: shown(iss) })
}

function checkTimes(claims: TokenClaims, seconds: number): void {
  checkNotExpired(claims, seconds)
  checkNotBefore(claims, seconds)
  const { iat } = claims
  if (!isNumericDate(iat) || iat > seconds + clockLeeway) {
    throw invalidToken('claim-iat', { expected: `at most ${clockLeeway} s ahead`, received: shown(iat) })
  }
}
