import { createPublicKey } from 'node:crypto'
import { OAuthError } from '@mintmark/protocol'
import { calculateJwkThumbprint, decodeProtectedHeader, type JWK } from 'jose'
import { type ClientKey, readClientKey } from '../registry/client-key.ts'
import { readTypedAssertion, verifyAssertion } from './assertion.ts'
import { readPayload } from './client-assertion.ts'

/** The type of what the next key signs: that it is to follow the present one. */
export const nextKeyType = 'client-next-key+jwt'

/** What the next key has to say: whose it is to be, where, and which key it follows. */
export type Expected = {
  readonly client: string
  readonly issuer: string
  readonly present: JWK
  /** What keys of the workspace may be for. */
  readonly algorithms: readonly string[]
}

const wrong = (check: string, expected?: string, received?: string, cause?: unknown): OAuthError =>
  new OAuthError('invalid_request', 'The next key cannot be taken.', { check, expected, received, cause })

/** What fails inside is no failed authentication: the present key has proven the client. */
const asWrong = (error: unknown): unknown => {
  if (!(error instanceof OAuthError)) return error
  const { check = 'malformed', expected, received, cause } = error
  return check.startsWith('next-key-')
    ? error
    : wrong(`next-key-${check.replace('assertion-', '')}`, expected, received, cause)
}

/**
 * Reads the next key of a client from what it has signed with it: nobody registers a key that he does not hold, and none for
 * another client, another issuer or after another key. Its name is its thumbprint (RFC 7638).
 * @throws OAuthError `invalid_request`
 */
export const readNextKey = async (proof: unknown, expected: Expected): Promise<ClientKey> => {
  if (typeof proof !== 'string') throw wrong('next-key-present')
  try {
    const { algorithm } = readTypedAssertion(proof, nextKeyType)
    const { jwk } = decodeProtectedHeader(proof)
    if (typeof jwk !== 'object' || jwk === null) throw wrong('next-key-jwk')
    const { kid: _kid, ...members } = jwk as Readonly<Record<string, unknown>>
    const key = readClientKey({ ...members, alg: members.alg ?? algorithm })
    if ('wrong' in key) throw wrong('next-key-good', undefined, key.wrong)
    if (key.algorithm !== algorithm) throw wrong('next-key-algorithm', key.algorithm, algorithm)
    if (!expected.algorithms.includes(algorithm)) {
      throw wrong('next-key-algorithm', expected.algorithms.join(' '), algorithm)
    }
    if (!(await verifyAssertion(proof, algorithm, createPublicKey({ key: key.jwk, format: 'jwk' })))) {
      throw wrong('next-key-signature', 'the signature of the next key itself')
    }
    await assertClaims(proof, expected)
    return key
  } catch (error) {
    throw asWrong(error)
  }
}

const assertClaims = async (proof: string, { client, issuer, present }: Expected): Promise<void> => {
  const { iss, aud, jkt } = readPayload(proof)
  if (iss !== client) throw wrong('next-key-iss', client)
  if (aud !== issuer) throw wrong('next-key-aud', issuer)
  const thumbprint = await calculateJwkThumbprint(present)
  if (jkt !== thumbprint) throw wrong('next-key-jkt', thumbprint)
}
