import { OAuthError, parseScope } from '@mintmark/protocol'
import { invalidToken } from './refusals.ts'

/** Longer tokens are refused before anything is done with them. */
export const maximumTokenLength = 16_384

/** The claims of a JWT, or the whole answer of an introspection. */
export type TokenClaims = Readonly<Record<string, unknown>>

/**
 * A token that passed every check. `Claims` is what the option `claims` of `protect` makes of its claims.
 * It is remembered and given to every request that brings it, and therefore frozen; the claims are too, unless they are
 * what that option has made.
 */
export interface VerifiedToken<Claims = TokenClaims> {
  readonly issuer: string
  /** The API it was verified for. */
  readonly audience: string
  readonly clientId: string
  readonly subject: string
  readonly scopes: readonly string[]
  /** Seconds since 1970. */
  readonly expiresAt: number
  readonly claims: Claims
  /** What the token is bound to; whoever presented it has proven to hold it. Absent from bearer tokens. */
  readonly confirmation?: Confirmation
}

/** The thumbprint of the key of DPoP proofs (RFC 9449 §6.1), or of the client's certificate (RFC 8705 §3.1). */
export type Confirmation = { readonly jkt: string } | { readonly 'x5t#S256': string }

export interface TokenExpectations {
  readonly issuer: string
  readonly audience: string
}

/**
 * Makes a verified token of claims whose origin and times have been checked.
 * @throws OAuthError `invalid_token`
 */
export function verifiedToken(claims: TokenClaims, { issuer, audience }: TokenExpectations): VerifiedToken {
  if (!namesAudience(claims.aud, audience)) {
    throw invalidToken('claim-aud', { expected: audience, received: shown(claims.aud) })
  }
  const expiresAt = requiredExpiry(claims)
  const clientId = requiredText(claims, 'client_id')
  return {
    issuer,
    audience,
    clientId,
    // Introspection may leave it out (RFC 7662 §2.2); without a person present it is the client (RFC 9068 §2.2).
    subject: claims.sub === undefined ? clientId : requiredText(claims, 'sub'),
    scopes: Object.freeze(readScope(claims.scope)),
    expiresAt,
    claims,
    ...(claims.cnf === undefined ? {} : { confirmation: readConfirmation(claims.cnf) }),
  }
}

/** A kind of confirmation that is not known here, or one more beside it, cannot be checked, and must not be skipped. */
function readConfirmation(claim: unknown): Confirmation {
  const members = typeof claim === 'object' && claim !== null ? Object.entries(claim) : []
  const [[name, value] = []] = members
  // A SHA-256 in base64url.
  if (members.length === 1 && typeof value === 'string' && /^[\w-]{43}$/.test(value)) {
    if (name === 'jkt') return Object.freeze({ jkt: value })
    if (name === 'x5t#S256') return Object.freeze({ 'x5t#S256': value })
  }
  throw invalidToken('token-bound', { expected: 'a token that is bound to no key, by DPoP, or to a certificate' })
}

/** Seconds by which two clocks may differ. */
export const clockLeeway = 10

/** @param seconds the time since 1970 */
export function checkNotExpired(claims: TokenClaims, seconds: number): void {
  const expiresAt = requiredExpiry(claims)
  if (!(expiresAt > seconds - clockLeeway)) throw invalidToken('expired', { received: shown(expiresAt) })
}

/** @param seconds the time since 1970 */
export function checkNotBefore({ nbf }: TokenClaims, seconds: number): void {
  if (nbf === undefined || (isNumericDate(nbf) && nbf <= seconds + clockLeeway)) return
  throw invalidToken('claim-nbf', { expected: `at most ${clockLeeway} s ahead`, received: shown(nbf) })
}

function requiredExpiry({ exp }: TokenClaims): number {
  if (isNumericDate(exp)) return exp
  throw invalidToken('claim-exp', { expected: 'a number', received: shown(exp) })
}

/** Whether a claim is a time (RFC 7519 §2): JSON can write numbers beyond all that a clock shows. */
export const isNumericDate = (claim: unknown): claim is number => Number.isFinite(claim)

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controlCharacter = /[\x00-\x1f\x7f]/

/** A claim that must be a string with something in it, and with nothing that could end a line where it is written. */
export function requiredText(claims: TokenClaims, name: string): string {
  const value = claims[name]
  if (typeof value !== 'string' || value === '' || controlCharacter.test(value))
    throw invalidToken(`claim-${name}`, { received: shown(value) })
  return value
}

/** A value as an operator may see it. */
export const shown = (value: unknown): string => String(JSON.stringify(value)).slice(0, 200)

function namesAudience(claim: unknown, audience: string): boolean {
  if (typeof claim === 'string') return claim === audience
  return Array.isArray(claim) && claim.every((one) => typeof one === 'string') && claim.includes(audience)
}

function readScope(claim: unknown): readonly string[] {
  if (claim === undefined) return []
  if (typeof claim !== 'string') throw invalidToken('claim-scope', { received: shown(claim) })
  try {
    return parseScope(claim)
  } catch (cause) {
    if (cause instanceof OAuthError) throw invalidToken('claim-scope', { received: shown(claim), cause })
    throw cause
  }
}
