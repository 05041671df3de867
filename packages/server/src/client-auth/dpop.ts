import { createPublicKey, type KeyObject } from 'node:crypto'
import {
  checkDpopTarget,
  type DpopProof,
  dpopAlgorithms,
  dpopClockLeeway,
  dpopProofAge,
  invalidDpopProof,
  readDpopProof,
  useDpopNonce,
} from '@mintmark/protocol'
import type { Confirmation } from '../domain/access-token.ts'
import type { Client } from '../domain/client.ts'
import type { Issuers } from '../domain/issuer.ts'
import type { Workspace } from '../domain/workspace.ts'
import { createBoundedCache } from '../lib/bounded-cache.ts'
import type { Clock } from '../lib/clock.ts'
import { sha256 } from '../lib/digest.ts'
import type { HttpRequest } from '../lib/message.ts'
import { allowedAlgorithms } from '../policy/security-profile.ts'
import type { UseOnce } from '../registry/used-once.ts'
import { verifyAssertion } from './assertion.ts'
import type { DpopNonces } from './dpop-nonce.ts'

/** A proof that holds, and is not used up yet. */
export type DpopBinding = {
  /** What the token is to be bound to. */
  readonly confirmation: Confirmation
  /**
   * Takes the proof, which counts once, when the token is granted: a request that is refused uses nothing up.
   * @throws OAuthError `invalid_dpop_proof` when it was taken before
   */
  readonly spend: () => Promise<void>
}

export type BindByDpop = {
  /**
   * The DPoP proof of a token request (RFC 9449 §5); undefined when it has none and its client needs none.
   * @throws OAuthError `invalid_dpop_proof`, or `use_dpop_nonce` with a nonce
   */
  readonly prove: (workspace: Workspace, client: Client, request: HttpRequest) => Promise<DpopBinding | undefined>
  /** Headers of an answer to a request with a proof: the nonce for the next one, where there are any (RFC 9449 §8.2). */
  readonly headers: (workspace: Workspace) => Readonly<Record<string, string>>
}

/** Keys kept for clients that come again with the same one. */
const rememberedKeys = 10_000

/** The one `DPoP` header of a request (RFC 9449 §4.3, check 1); Node would join several. */
const proofHeader = ({ headers, rawHeaders }: HttpRequest): string | undefined => {
  const { dpop } = headers
  if (dpop === undefined) return undefined
  const lines = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'dpop').length
  if (lines > 1 || typeof dpop !== 'string') throw invalidDpopProof('header-repeated')
  return dpop
}

export const createBindByDpop = ({
  nonces,
  issuers,
  useOnce,
  mtlsUrl,
  clock,
}: {
  readonly nonces: DpopNonces
  readonly issuers: Issuers
  readonly useOnce: UseOnce
  /** Base URL of where clients with certificates come to, where there is such a place. */
  readonly mtlsUrl?: string | undefined
  readonly clock: Clock
}): BindByDpop => {
  const keys = createBoundedCache<string, KeyObject>(rememberedKeys)

  const keyOf = ({ jwk }: DpopProof, thumbprint: string): KeyObject => {
    const known = keys.get(thumbprint)
    if (known !== undefined) return known
    try {
      const key = createPublicKey({ key: jwk, format: 'jwk' })
      keys.set(thumbprint, key)
      return key
    } catch {
      // A point that is not on its curve. What the platform says of it could quote the key.
      throw invalidDpopProof('jwk-unusable')
    }
  }

  /** Where a proof says that it goes to, when that is the place for clients with certificates (RFC 8705 §5); else the issuer's. */
  const originOf = ({ htu }: DpopProof, origin: string): string =>
    mtlsUrl !== undefined && URL.parse(htu)?.origin === new URL(mtlsUrl).origin ? new URL(mtlsUrl).origin : origin

  const assertNonce = ({ dpopNonce, key }: Workspace, nonce: string | undefined): void => {
    if (!dpopNonce || (nonce !== undefined && nonces.accepts(key, nonce))) return
    throw useDpopNonce(nonces.current(key))
  }

  return {
    prove: async (workspace, client, request) => {
      const header = proofHeader(request)
      if (header === undefined) {
        if (client.dpopBoundAccessTokens) throw invalidDpopProof('proof-present')
        return undefined
      }
      const proof = readDpopProof(header)
      const allowed = allowedAlgorithms(workspace, dpopAlgorithms)
      if (!allowed.includes(proof.algorithm)) throw invalidDpopProof('algorithm', allowed.join(' '), proof.algorithm)
      const jkt = sha256(proof.thumbprintInput).toString('base64url')
      if (!(await verifyAssertion(header, proof.algorithm, keyOf(proof, jkt)))) throw invalidDpopProof('signature')
      const origin = originOf(proof, new URL(issuers.of(workspace.key)).origin)
      checkDpopTarget(proof, request.method, `${origin}${request.path}`, clock.now() / 1000)
      assertNonce(workspace, proof.nonce)
      return {
        confirmation: { jkt },
        spend: async () => {
          const digest = sha256(JSON.stringify(['dpop-proof', workspace.key, jkt, proof.jti])).toString('base64url')
          const forgotten = (proof.iat + dpopProofAge + dpopClockLeeway) * 1000
          const outcome = await useOnce({ digest, expires: forgotten, earliest: proof.iat - dpopClockLeeway })
          if (outcome === 'again') throw invalidDpopProof('proof-used-once')
          if (outcome === 'forgotten') throw invalidDpopProof('proof-since-restore')
        },
      }
    },
    headers: ({ dpopNonce, key }) => (dpopNonce ? { 'dpop-nonce': nonces.current(key) } : {}),
  }
}
