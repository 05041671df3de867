import { OAuthError } from './oauth-error.ts'

/** The one refusal of a proof that does not count, whatever is wrong with it; only the operator is told the check. */
export const invalidDpopProof = (check: string, expected?: string, received?: unknown): OAuthError =>
  new OAuthError('invalid_dpop_proof', 'The DPoP proof is not valid.', {
    check: `dpop-${check}`,
    expected,
    received: received === undefined ? undefined : String(JSON.stringify(received)).slice(0, 200),
  })

/** A proof must carry a nonce of the server (RFC 9449 §8); whoever throws it adds the header with one. */
export const useDpopNonce = (nonce: string, options: { readonly status?: number } = {}): OAuthError =>
  new OAuthError('use_dpop_nonce', 'The DPoP proof needs the nonce of this answer.', {
    ...options,
    check: 'dpop-nonce',
    headers: { 'DPoP-Nonce': nonce },
  })
