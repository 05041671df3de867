import { X509Certificate } from 'node:crypto'
import { sha256 } from '../lib/digest.ts'
import { childrenOf, type DerElement, DerError, expectTag, readDer, readOid, readTime, tags } from './der.ts'
import { type DistinguishedName, readName } from './distinguished-name.ts'
import { type Extensions, readExtensions } from './extensions.ts'
import { isStrongKey, rsaPss } from './signature-algorithms.ts'

/** An X.509 certificate, read (RFC 5280 §4.1). Nothing of it is believed yet. */
export type Certificate = Extensions & {
  /** The platform's view of the same bytes: it checks signatures. */
  readonly x509: X509Certificate
  readonly der: Uint8Array
  /** SHA-256 of the DER, base64url: `x5t#S256` (RFC 8705 §3.1). */
  readonly thumbprint: string
  /** SHA-256 of the public key's SubjectPublicKeyInfo, base64url. */
  readonly keyDigest: string
  /** Undefined when it has text of a type that cannot be compared; no client is found by it then. */
  readonly subject: DistinguishedName | undefined
  /** DER of subject and issuer, as they are compared when a path is built, and of the serial number. */
  readonly subjectBytes: Uint8Array
  readonly issuerBytes: Uint8Array
  readonly serial: Uint8Array
  /** Epoch milliseconds, both included. */
  readonly notBefore: number
  readonly notAfter: number
  /** Identifier of the algorithm it is signed by. */
  readonly signatureAlgorithm: string
  /** Identifier of the hash in the parameters of RSASSA-PSS; undefined where there is none. */
  readonly pssHash: string | undefined
}

/** Longest certificate we look at, in bytes. */
const maximumLength = 16_384

/** `x5t#S256` of a certificate's DER. */
export const thumbprintOf = (der: Uint8Array): string => sha256(der).toString('base64url')

/** Reads a certificate from its DER; undefined when it is none that we can judge. */
export const readCertificate = (der: Uint8Array): Certificate | undefined => {
  if (der.length > maximumLength) return undefined
  try {
    return read(der)
  } catch {
    // DerError, a TypeError of the decoder, or OpenSSL's error: in each case it is nothing to go by.
    return undefined
  }
}

const read = (der: Uint8Array): Certificate => {
  const [body, algorithm] = childrenOf(readDer(der, tags.sequence))
  const members = [...childrenOf(expectTag(body, tags.sequence))]
  if (members[0]?.tag === 0xa0) members.shift()
  const [serial, inner, issuer, validity, subject, key, ...others] = members
  const signatureAlgorithm = readOid(childrenOf(expectTag(algorithm, tags.sequence))[0])
  if (readOid(childrenOf(expectTag(inner, tags.sequence))[0]) !== signatureAlgorithm) {
    throw new DerError('it names two signature algorithms')
  }
  const [from, to] = childrenOf(expectTag(validity, tags.sequence))
  const extensions = others.find(({ tag }) => tag === 0xa3)
  const x509 = new X509Certificate(der)
  return {
    ...readExtensions(extensions === undefined ? undefined : childrenOf(extensions)[0]),
    x509,
    der,
    thumbprint: thumbprintOf(der),
    keyDigest: sha256(expectTag(key, tags.sequence).whole).toString('base64url'),
    subject: comparable(subject),
    subjectBytes: expectTag(subject, tags.sequence).whole,
    issuerBytes: expectTag(issuer, tags.sequence).whole,
    serial: expectTag(serial, tags.integer).content,
    notBefore: readTime(from),
    notAfter: readTime(to),
    signatureAlgorithm,
    pssHash: signatureAlgorithm === rsaPss ? readPssHash(inner) : undefined,
  }
}

/** RFC 4055 §3.1: `hashAlgorithm [0]` of the parameters. */
const readPssHash = (algorithm: DerElement | undefined): string | undefined => {
  const [, parameters] = childrenOf(expectTag(algorithm, tags.sequence))
  const hash = parameters && childrenOf(expectTag(parameters, tags.sequence)).find(({ tag }) => tag === 0xa0)
  return hash && readOid(childrenOf(expectTag(childrenOf(hash)[0], tags.sequence))[0])
}

const comparable = (subject: DerElement | undefined): DistinguishedName | undefined => {
  try {
    return readName(subject)
  } catch {
    return undefined
  }
}

/** Whether a certificate is in its time. @param now epoch milliseconds */
export const isInTime = ({ notBefore, notAfter }: Pick<Certificate, 'notBefore' | 'notAfter'>, now: number): boolean =>
  // The last second counts as a whole.
  notBefore <= now && now < notAfter + 1000

/** Whether nobody can find the private part of its key. */
export const hasStrongKey = ({ x509 }: Pick<Certificate, 'x509'>): boolean => {
  try {
    return isStrongKey(x509.publicKey)
  } catch {
    // A key of a kind the platform does not know.
    return false
  }
}
