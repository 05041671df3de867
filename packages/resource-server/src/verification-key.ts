import { importJWK, type JWK } from 'jose'
import { checkCurvePoint, checkModulus } from './key-material.ts'
import type { PublicJwk } from './public-jwk.ts'
import {
  type Algorithm,
  isAlgorithm,
  isSameAlgorithm,
  type SignatureAlgorithm,
  signatureAlgorithms,
} from './signature-algorithm.ts'
import { type SignatureVerifier, signatureVerifier } from './signature-verifier.ts'

/** One public key of an issuer. It verifies signatures of one algorithm only (RFC 8725 §3.1). */
export interface VerificationKey {
  readonly algorithm: Algorithm
  /** @throws an Error when the platform cannot use the key, such as a point that is not on its curve */
  verify(signingInput: string, signature: Uint8Array<ArrayBuffer>): Promise<boolean>
}

/**
 * Makes a key for signatures of a JWK (RFC 7517). One that does not name its algorithm is for the first of the allowed
 * ones that it fits.
 * @throws TypeError that says why it cannot be used
 */
export function verificationKey(
  jwk: PublicJwk,
  allowed: readonly Algorithm[],
  verifierFor = signatureVerifier,
): VerificationKey {
  checkUse(jwk)
  const algorithm = algorithmOf(jwk, allowed)
  const row: SignatureAlgorithm = signatureAlgorithms[algorithm]
  const { signatureBytes = 0, material } = row.kty === 'RSA' ? checkModulus(jwk) : { ...row, ...checkCurvePoint(jwk) }
  let verifier: SignatureVerifier | undefined

  return {
    algorithm,
    verify: async (signingInput, signature) => {
      // ECDSA in DER has another length, and so does whatever else is no signature of this key.
      if (signature.length !== signatureBytes) return false
      // Only a symmetric key would come back as bytes.
      verifier ??= verifierFor(row, (await importJWK(material as JWK, algorithm)) as CryptoKey)
      return verifier(signingInput, signature)
    },
  }
}

function checkUse({ use, key_ops: operations }: PublicJwk): void {
  if (use !== undefined && use !== 'sig') throw new TypeError(`The key is for the use ${use}`)
  if (operations === undefined) return
  if (!operations.includes('verify')) throw new TypeError('The key_ops of the key do not include verify')
  if (new Set(operations).size < operations.length) throw new TypeError('The key_ops of the key repeat themselves')
}

function algorithmOf({ kty, crv, alg }: PublicJwk, allowed: readonly Algorithm[]): Algorithm {
  const fits = (algorithm: Algorithm) => {
    const row: SignatureAlgorithm = signatureAlgorithms[algorithm]
    return row.kty === kty && row.crv === crv
  }
  if (alg === undefined) {
    const first = allowed.find(fits)
    if (first === undefined) throw new TypeError('The key fits none of the allowed algorithms')
    return first
  }
  if (!isAlgorithm(alg) || !allowed.some((one) => isSameAlgorithm(one, alg))) {
    throw new TypeError('The key is for an algorithm that is not allowed')
  }
  if (!fits(alg)) throw new TypeError(`The key is not of the type that ${alg} takes`)
  return alg
}
