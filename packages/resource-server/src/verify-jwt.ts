import { OAuthError } from '@mintmark/protocol'
import { errors, type JWTPayload, jwtVerify } from 'jose'
import { invalidToken } from './refusals.ts'
import type { IssuerKeys, KeySource } from './remote-keys.ts'
import { tokenDigest } from './token-digest.ts'
import { maximumTokenLength, requiredText, shown, type VerifiedToken, verifiedToken } from './verified-token.ts'

/** Every signature algorithm that can be allowed: asymmetric ones only, so that no public key can be taken for a secret. */
export const knownAlgorithms = [
  'ES256',
  'ES384',
  'ES512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'EdDSA',
  'Ed25519',
] as const

export type Algorithm = (typeof knownAlgorithms)[number]

/** Seconds by which two clocks may differ. */
export const clockLeeway = 10

export interface JwtVerifierOptions<Claims> {
  readonly issuer: string
  readonly audience: string
  readonly algorithms: readonly Algorithm[]
  readonly keys: KeySource<Claims>
  /** Milliseconds since 1970. */
  readonly currentTime: () => number
  readonly typed: TypeClaims<Claims>
}

/** Checks one token; a function of this shape is what the two ways of verification have in common. */
export type VerifyToken<Claims> = (token: string) => Promise<VerifiedToken<Claims>>

/** Gives a verified token its claims as the API wants them; OAuthError `invalid_token` when they are not so. */
export type TypeClaims<Claims> = (token: VerifiedToken) => Promise<VerifiedToken<Claims>>

/**
 * Verifies JWT access tokens offline (RFC 9068 §4): type, algorithm, signature by a key of the issuer, issuer,
 * audience, times with 10 seconds of leeway, and every claim of §2.2. Does not know of revocations.
 * A verified token is remembered by its digest until it expires or the issuer's keys change.
 * The function throws OAuthError `invalid_token` or `temporarily_unavailable`.
 */
export function jwtVerifier<Claims>(options: JwtVerifierOptions<Claims>): VerifyToken<Claims> {
  const { keys: remoteKeys, currentTime } = options
  return async (token) => {
    if (!isJwtShaped(token)) throw invalidToken('jwt-malformed')
    const [digest, keys] = await Promise.all([tokenDigest(token), remoteKeys.current()])
    const remembered = keys.verified.get(digest)
    if (remembered !== undefined && currentTime() < remembered.expiresAt * 1_000) return remembered
    try {
      return await verifyWith(keys, token, digest, options)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw refusal(error, options)
      const newer = await remoteKeys.newerThan(keys)
      if (newer === undefined) throw invalidToken('unknown-key', { cause: error })
      return await verifyWith(newer, token, digest, options).catch((second: unknown) => {
        throw refusal(second, options)
      })
    }
  }
}

/** Whether a token is three parts of bounded length, which is all that can be said without parsing it. */
export function isJwtShaped(token: string): boolean {
  if (token.length > maximumTokenLength) return false
  const first = token.indexOf('.')
  const second = token.indexOf('.', first + 1)
  return first > 0 && second > first + 1 && second < token.length - 1 && !token.includes('.', second + 1)
}

async function verifyWith<Claims>(
  keys: IssuerKeys<Claims>,
  token: string,
  digest: string,
  { issuer, audience, algorithms, currentTime, typed }: JwtVerifierOptions<Claims>,
): Promise<VerifiedToken<Claims>> {
  const now = currentTime()
  const { payload } = await jwtVerify(token, keys.select, {
    algorithms: [...algorithms],
    typ: 'at+jwt',
    issuer,
    audience,
    requiredClaims: ['exp', 'sub', 'client_id', 'iat', 'jti'],
    clockTolerance: clockLeeway,
    currentDate: new Date(now),
  })
  if (typeof payload.iat !== 'number' || payload.iat > now / 1_000 + clockLeeway) {
    throw invalidToken('claim-iat', { expected: `at most ${clockLeeway} s ahead`, received: shown(payload.iat) })
  }
  requiredText(payload, 'jti')
  const verified = await typed(verifiedToken(payload, { issuer, audience }))
  keys.verified.set(digest, verified)
  return verified
}

const checks: Readonly<Record<string, string>> = {
  [errors.JWTExpired.code]: 'expired',
  [errors.JOSEAlgNotAllowed.code]: 'algorithm',
  [errors.JWSSignatureVerificationFailed.code]: 'signature',
  [errors.JWSInvalid.code]: 'jwt-malformed',
  [errors.JWTInvalid.code]: 'jwt-malformed',
  [errors.JWKSNoMatchingKey.code]: 'unknown-key',
  [errors.JWKSMultipleMatchingKeys.code]: 'ambiguous-key',
}

/** What the operator is told; the caller hears the same in every case. */
function refusal<Claims>(error: unknown, { issuer, audience, algorithms }: JwtVerifierOptions<Claims>): unknown {
  if (error instanceof errors.JWTClaimValidationFailed) {
    const expected = { iss: issuer, aud: audience, typ: 'at+jwt' }[error.claim]
    return invalidToken(`claim-${error.claim}`, { expected, received: received(error), cause: error })
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return invalidToken('algorithm', { expected: algorithms.join(' '), cause: error })
  }
  if (error instanceof errors.JOSEError) return invalidToken(checks[error.code] ?? 'jwt-unsupported', { cause: error })
  if (error instanceof OAuthError) return error
  // A key that the platform cannot use, such as a short RSA key: the token stays unproven.
  return invalidToken('key-unusable', { cause: error })
}

const received = ({ claim, payload }: { readonly claim: string; readonly payload: JWTPayload }): string | undefined =>
  claim === 'typ' ? undefined : shown(payload[claim])
