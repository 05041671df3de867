import { constants, type KeyObject, type VerifyKeyObjectInput, verify } from 'node:crypto'
import { decodeProtectedHeader } from 'jose'
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

/** What a client says of the signature of its own assertion. */
export type ClientAssertionHeader = AssertionHeader & {
  /** The certificate it names by its SHA-256 (`x5t#S256`, RFC 7515 §4.1.8). */
  readonly certificate: string | undefined
}

/**
 * Reads the protected header of an assertion. Keys it brings along (`jwk`, `jku`, `x5c`, `x5u`) are not looked at.
 * @throws OAuthError `invalid_client`
 */
export const readAssertion = (assertion: string, acceptedTypes: readonly string[]): AssertionHeader =>
  judgeHeader(readHeader(assertion), acceptedTypes)

/**
 * Reads the protected header of an assertion that a client made itself; its certificate is named by `x5t#S256` alone.
 * @throws OAuthError `invalid_client`
 */
export const readClientAssertion = (assertion: string): ClientAssertionHeader => {
  const header = readHeader(assertion)
  const judged = judgeHeader(header, clientTypes)
  const { x5t, 'x5t#S256': certificate } = header
  if (certificate !== undefined && !isThumbprint(certificate)) throw invalidClient('assertion-x5t#S256')
  // SHA-1 can be made to collide: it names nothing, and alone it is better refused than passed over.
  if (x5t !== undefined && certificate === undefined && judged.kid === undefined) {
    throw invalidClient('assertion-x5t', 'x5t#S256', 'x5t')
  }
  return { ...judged, certificate }
}

/**
 * The same for a JWS that is no client assertion, and says so by a type of its own.
 * @throws OAuthError `invalid_client`
 */
export const readTypedAssertion = (assertion: string, type: string): AssertionHeader => {
  const header = readHeader(assertion)
  if (header.typ === undefined) throw invalidClient('assertion-typ', type, 'none')
  return judgeHeader(header, [type])
}

type Header = Readonly<Record<string, unknown>>

const readHeader = (assertion: string): Header => {
  if (assertion.length > maximumAssertionLength || !compact.test(assertion)) throw invalidClient('assertion-malformed')
  return decodeHeader(assertion)
}

const judgeHeader = ({ alg, kid, typ, crit }: Header, acceptedTypes: readonly string[]): AssertionHeader => {
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

const isThumbprint = (value: unknown): value is string => typeof value === 'string' && /^[A-Za-z0-9_-]{43}$/.test(value)

const decodeHeader = (assertion: string): Header => {
  try {
    return decodeProtectedHeader(assertion)
  } catch (cause) {
    throw invalidClient('assertion-malformed', undefined, undefined, cause)
  }
}

/** How `crypto.verify` is told of each algorithm (RFC 7518 §3, RFC 8037). */
const verification: Readonly<
  Record<ClientKeyAlgorithm, { readonly hash: string | null; readonly options: Omit<VerifyKeyObjectInput, 'key'> }>
> = {
  ES256: { hash: 'sha256', options: { dsaEncoding: 'ieee-p1363' } },
  ES384: { hash: 'sha384', options: { dsaEncoding: 'ieee-p1363' } },
  PS256: {
    hash: 'sha256',
    options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  },
  RS256: { hash: 'sha256', options: { padding: constants.RSA_PKCS1_PADDING } },
  Ed25519: { hash: null, options: {} },
}

/**
 * Whether a key signed an assertion, or another JWS. The header was read before; the algorithm is that of the key. By
 * `node:crypto` on its thread pool, which costs less than its WebCrypto.
 */
export const verifyAssertion = (assertion: string, algorithm: ClientKeyAlgorithm, key: KeyObject): Promise<boolean> => {
  const dot = assertion.lastIndexOf('.')
  const { hash, options } = verification[algorithm]
  const signature = Buffer.from(assertion.slice(dot + 1), 'base64url')
  return new Promise((resolve) => {
    // A signature that the platform cannot even look at, such as one of another length, is none.
    verify(hash, Buffer.from(assertion.slice(0, dot)), { key, ...options }, signature, (error, valid) => {
      resolve(error === null && valid)
    })
  })
}
