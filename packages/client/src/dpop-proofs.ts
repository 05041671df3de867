import type { AccessToken } from './access-token.ts'
import { TokenError } from './errors.ts'

/** What a proof is for (RFC 9449 §4.2). */
export interface ProofRequest {
  readonly method: string
  /** Where the request goes; query and fragment do not matter. */
  readonly url: string | URL
  /** The token that is sent along; none with a token request. */
  readonly token?: AccessToken | undefined
}

/** A key that tokens are bound to by DPoP, and what proves to hold it. Made by `dpopKey` of `@mintmark/client/dpop`. */
export interface DpopKey {
  /** The value of the `DPoP` header of one request: each has a proof of its own. */
  proof(request: ProofRequest): Promise<string>
  /** Takes the nonce of an answer, if it has one; it goes into the next proofs for that origin (RFC 9449 §8, §9). */
  learn(url: string | URL, headers: Headers): void
  /** Whether an API refused a proof for want of the nonce that its answer brings (RFC 9449 §9). */
  wantsNonce(response: { readonly status: number; readonly headers: Headers }): boolean
}

/** For what sends tokens and knows nothing of proofs. @throws TokenError `invalid_configuration` */
export function assertNotBound({ dpop }: { readonly dpop?: DpopKey | undefined }, where: string): void {
  if (dpop === undefined) return
  throw new TokenError('invalid_configuration', `${where} sends no DPoP proofs: use authorizedFetch`)
}
