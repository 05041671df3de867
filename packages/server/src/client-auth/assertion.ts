import type { KeyObject } from 'node:crypto'
import { compactVerify, decodeProtectedHeader, errors } from 'jose'
import { type ClientKeyAlgorithm, clientKeyAlgorithms } from '../domain/credential.ts'
import { invalidClient } from './invalid-client.ts'

export type { AssertionClaims } from './assertion-claims.ts'

/** The longest assertion we look at. */
const maximumAssertionLength = 8192
const compact = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/
/** `application/` may be left out, and case does not count (RFC 7515 §4.1.9). */
const clientTypes: readonly string[] = ['jwt', 'client-authentication+jwt']

/** What an assertion says of its signature. */
export type AssertionHeader = { readonly algorithm: ClientKeyAlgorithm; readonly kid: string | undefined }

/**
 * Reads the protected header of an assertion. Keys it brings along (`jwk`, `jku`, `x5c`, `x5u`) are not looked at.
 * @throws OAuthError `invalid_client`
 */
export const readAssertion = (assertion: string, acceptedTypes = clientTypes): AssertionHeader => {
  if (assertion.length > maximumAssertionLength || !compact.test(assertion)) throw invalidClient('assertion-malformed')
  const { alg, kid, typ, crit } = decodeHeader(assertion)
  if (crit !== undefined) throw invalidClient('assertion-crit')
  const type =
    typ === undefined
      ? undefined
      : String(typ)
          .toLowerCase()
          .replace(/^application\//, '')
  if (type !== undefined && !acceptedTypes.includes(type)) {
    throw invalidClient('assertion-typ', acceptedTypes.join(' '), type.slice(0, 100))
  }
  // `EdDSA` is the older name of Ed25519 (RFC 9864).
  const algorithm = clientKeyAlgorithms.find((known) => known === (alg === 'EdDSA' ? 'Ed25519' : alg))
  if (algorithm === undefined) throw invalidClient('assertion-algorithm', clientKeyAlgorithms.join(' '), String(alg))
  if (kid !== undefined && typeof kid !== 'string') throw invalidClient('assertion-kid')
  return { algorithm, kid }
}

const decodeHeader = (assertion: string): Readonly<Record<string, unknown>> => {
  try {
    return decodeProtectedHeader(assertion)
  } catch (cause) {
    throw invalidClient('assertion-malformed', undefined, undefined, cause)
  }
}

/** Whether a key signed an assertion. The header was read before; the algorithm is that of the key. */
export const verifyAssertion = async (
  assertion: string,
  algorithm: ClientKeyAlgorithm,
  key: KeyObject,
): Promise<boolean> => {
  try {
    await compactVerify(assertion, key, { algorithms: algorithm === 'Ed25519' ? ['Ed25519', 'EdDSA'] : [algorithm] })
    return true
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) return false
    throw error
  }
}
