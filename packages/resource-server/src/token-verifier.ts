import type { Jwt } from './jws.ts'
import type { VerifiedToken } from './verified-token.ts'

/** A token as it was presented. */
export interface PresentedToken {
  readonly token: string
  /** What it is remembered by. */
  readonly digest: string
  /** Its parts when it is a JWT. */
  readonly jwt: Jwt | undefined
}

/** Verifies tokens of one issuer; what the two ways of verification have in common. */
export interface TokenVerifier<Claims> {
  /**
   * What is remembered of a token and still holds.
   * @returns undefined when it must be verified
   * @throws OAuthError `invalid_token` when what is remembered is that it is not valid
   */
  recall(digest: string): VerifiedToken<Claims> | undefined
  /** @throws OAuthError `invalid_token` or `temporarily_unavailable` */
  verify(presented: PresentedToken): Promise<VerifiedToken<Claims>>
}

/** Gives a verified token its claims as the API wants them; OAuthError `invalid_token` when they are not so. */
export type TypeClaims<Claims> = (token: VerifiedToken) => Promise<VerifiedToken<Claims>>
