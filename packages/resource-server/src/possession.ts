import { type OptionNames, secureUrl, unknownOption } from '@mintmark/client/transport'
import {
  checkDpopTarget,
  type DpopProof,
  dpopClockLeeway,
  dpopProofAge,
  invalidDpopProof,
  OAuthError,
  readDpopProof,
  useDpopNonce,
} from '@mintmark/protocol'
import type { ApiRequest } from './api-request.ts'
import { decodeBase64url, fromBase64 } from './base64url.ts'
import { boundedCache } from './bounded-cache.ts'
import { type ProofNonces, proofNonces } from './proof-nonces.ts'
import { type ProofStore, proofMemory } from './proof-store.ts'
import { invalidToken, undecidable } from './refusals.ts'
import { pathOf } from './resource-metadata.ts'
import { tokenDigest } from './token-digest.ts'
import { type VerificationKey, verificationKey } from './verification-key.ts'
import type { VerifiedToken } from './verified-token.ts'

/** How this API takes tokens that are bound to a key by DPoP (RFC 9449). */
export interface DpopOptions {
  /** `accepted`: such tokens with their proof, and bearer tokens as well. `required`: no bearer tokens. */
  readonly mode: 'accepted' | 'required'
  /**
   * The URL callers know this API by: its origin, and the part of the path that a proxy takes off, if one does. What the
   * request says of its host is never believed. Default: the origin of the audience, when that is a URL.
   */
  readonly publicUrl?: string | undefined
  /** Where used proofs are remembered. Default: the memory of this process. */
  readonly proofs?: ProofStore | undefined
  /**
   * Proofs the built-in memory holds, of the last 75 seconds; when it is full, requests are refused with 503, and those of one
   * key when it has as many as are left: alone, half of them. Default 200 000.
   */
  readonly maximumProofs?: number | undefined
  /**
   * Whether proofs need a nonce of this API (RFC 9449 §9), which a 401 brings. `true` is for one process; several give
   * the same secret of at least 32 bytes. Default false.
   */
  readonly nonces?: boolean | { readonly secret: Uint8Array<ArrayBuffer> } | undefined
}

/** A token as it came: the scheme of the `Authorization` header, and the value. */
export interface PresentedAs {
  readonly scheme: 'Bearer' | 'DPoP'
  readonly value: string
}

/** Checks that who presents a token holds the key it is bound to. */
export interface Possession {
  readonly mode: 'off' | 'accepted' | 'required'
  /** @throws OAuthError `invalid_token`, `invalid_dpop_proof`, `use_dpop_nonce` or `temporarily_unavailable` */
  check(token: VerifiedToken<unknown>, presented: PresentedAs, request: ApiRequest): Promise<void> | undefined
}

/** Takes bearer tokens only: a bound one without its proof is a stolen one, as far as anybody can tell. */
export const bearerOnly: Possession = {
  mode: 'off',
  check: ({ confirmation }) => {
    if (confirmation !== undefined) throw tokenBound()
    return undefined
  },
}

const tokenBound = () => invalidToken('token-bound', { expected: 'a token that is not bound to a key' })

const rememberedKeys = 1_000

const optionNames: OptionNames<DpopOptions> = {
  mode: true,
  publicUrl: true,
  proofs: true,
  maximumProofs: true,
  nonces: true,
}

/** @throws TokenError `insecure_url`, or TypeError for options that make no sense */
export function possession(
  options: DpopOptions,
  audience: string,
  currentTime: () => number,
  elapsed: () => number,
): Possession {
  const unknown = unknownOption(options, optionNames)
  if (unknown !== undefined) throw new TypeError(`protect, dpop: there is no option ${JSON.stringify(unknown)}`)
  const { mode, maximumProofs = 200_000 } = options
  if (mode !== 'accepted' && mode !== 'required') throw new TypeError('protect: dpop is off, accepted or required')
  if (!Number.isSafeInteger(maximumProofs) || maximumProofs < 1) throw new TypeError('protect: maximumProofs is none')
  const base = publicBase(options.publicUrl, audience)
  const proofs = options.proofs ?? proofMemory(maximumProofs, currentTime, elapsed)
  const nonces = noncesOf(options.nonces, currentTime)
  const keys = boundedCache<VerificationKey>(rememberedKeys)

  const checkProof = async (jkt: string, value: string, request: ApiRequest): Promise<void> => {
    const lines = request.header('dpop')
    const [line] = lines
    if (line === undefined) throw invalidDpopProof('proof-present')
    if (lines.length > 1) throw invalidDpopProof('header-repeated')
    const proof = readDpopProof(line)
    const thumbprint = await digestOf(proof.thumbprintInput)
    // Before any signature is looked at: another key than that of the token is of no interest.
    if (thumbprint !== jkt) throw invalidDpopProof('key', jkt, thumbprint)
    if (!(await isSigned(proof, jkt, keys))) throw invalidDpopProof('signature')
    checkDpopTarget(proof, request.method, `${base}${pathOf(request.url)}`, currentTime() / 1_000)
    if (proof.ath !== (await digestOf(value))) throw invalidDpopProof('ath')
    if (nonces !== undefined && !(proof.nonce !== undefined && (await nonces.accepts(proof.nonce)))) {
      throw useDpopNonce(await nonces.current())
    }
    const expires = (proof.iat + dpopProofAge + dpopClockLeeway) * 1_000
    if (!(await takeProof(proofs, await digestOf(JSON.stringify([jkt, proof.jti])), expires, jkt))) {
      throw invalidDpopProof('proof-used-once')
    }
  }

  return {
    mode,
    check: ({ confirmation }, { scheme, value }, request) => {
      if (confirmation === undefined) {
        if (scheme === 'Bearer' && mode === 'accepted') return undefined
        throw invalidToken('token-not-bound', { expected: 'a token that is bound to a key by DPoP' })
      }
      if (scheme === 'Bearer' || !('jkt' in confirmation)) throw tokenBound()
      return checkProof(confirmation.jkt, value, request).catch(atResource)
    },
  }
}

/** At a resource a proof that does not count is 401, with a challenge (RFC 9449 §7.1). */
function atResource(error: unknown): never {
  if (!(error instanceof OAuthError) || error.status !== 400) throw error
  const { code, description, headers, check, expected, received } = error
  throw new OAuthError(code, description, { status: 401, headers, check, expected, received })
}

async function isSigned(
  { algorithm, jwk, signingInput, signature }: DpopProof,
  jkt: string,
  keys: ReturnType<typeof boundedCache<VerificationKey>>,
): Promise<boolean> {
  // A key of RSA is one for each of its algorithms.
  const name = `${algorithm} ${jkt}`
  try {
    const key = keys.get(name) ?? verificationKey({ kty: '', ...jwk }, [algorithm])
    keys.set(name, key)
    return await key.verify(signingInput, decodeBase64url(signature))
  } catch {
    // A key or signature that the platform cannot use proves nothing.
    return false
  }
}

async function takeProof(proofs: ProofStore, id: string, expires: number, key: string): Promise<boolean> {
  try {
    return (await proofs.use(id, expires, key)) === true
  } catch (cause) {
    throw undecidable('dpop-proofs-unavailable', cause)
  }
}

/** SHA-256 in base64url. */
async function digestOf(text: string): Promise<string> {
  return fromBase64(await tokenDigest(text))
}

function publicBase(publicUrl: string | undefined, audience: string): string {
  if (publicUrl === undefined && !/^https?:/i.test(audience)) {
    throw new TypeError('protect: dpop needs publicUrl, since the audience is no URL')
  }
  const { origin, pathname, search, hash } = secureUrl(publicUrl ?? audience, 'publicUrl')
  if (publicUrl === undefined) return origin
  if (search !== '' || hash !== '') throw new TypeError('protect: publicUrl has neither query nor fragment')
  return `${origin}${pathname.replace(/\/$/, '')}`
}

function noncesOf(nonces: DpopOptions['nonces'], currentTime: () => number): ProofNonces | undefined {
  if (nonces === undefined || nonces === false) return undefined
  return proofNonces(nonces === true ? crypto.getRandomValues(new Uint8Array(32)) : nonces.secret, currentTime)
}
