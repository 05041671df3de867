import type { X509Certificate } from 'node:crypto'
import { readCertificate } from '../certificates/certificate.ts'
import { formatName } from '../certificates/distinguished-name.ts'
import { readPem } from '../certificates/pem.ts'
import type { KeyCertificate } from '../domain/credential.ts'
import { type ClientKey, readClientKey } from './client-key.ts'

/** A client's public key, taken from a certificate. */
export type CertifiedKey = ClientKey & {
  readonly certificate: KeyCertificate & { readonly subject?: string }
  /** Epoch milliseconds: the end of the certificate. */
  readonly expires: number
}

type Wrong = { readonly wrong: string }

/**
 * Reads the public key of a certificate, which assertions name by the certificate's thumbprint (`x5t#S256`, RFC 7515 §4.1.8).
 * The key goes by the same name, so that a renewed certificate of one key is another key credential. Who signed the
 * certificate does not matter: that it is registered is what counts.
 * @param pem one certificate
 * @param algorithm what the client signs with, where its key leaves a choice; PS256 for an RSA key that has none
 * @returns a sentence that says what is wrong with it, under `wrong`
 */
export const readCertifiedKey = (pem: string, algorithm: string | undefined): CertifiedKey | Wrong => {
  const [der, ...others] = readPem(pem, 'CERTIFICATE') ?? []
  if (der === undefined || others.length > 0) return { wrong: 'it must be one certificate as PEM' }
  const read = readCertificate(der)
  if (read === undefined) return { wrong: 'it cannot be read' }
  const { thumbprint, notBefore, notAfter, subject } = read
  const jwk = publicKeyOf(read.x509)
  if (jwk === undefined) return { wrong: 'it has a key of a kind that no assertion is signed by' }
  const key = readClientKey({ ...jwk, kid: thumbprint, ...(algorithm === undefined ? {} : { alg: algorithm }) })
  if ('wrong' in key) return { wrong: `of its key, ${key.wrong}` }
  const name = subject && formatName(subject)
  return {
    ...key,
    certificate: { thumbprint, notBefore, notAfter, ...(name === undefined ? {} : { subject: name }) },
    expires: notAfter,
  }
}

/** Undefined for a key that has no form as JWK: id-RSASSA-PSS, DSA and the like. */
const publicKeyOf = ({ publicKey }: Pick<X509Certificate, 'publicKey'>) => {
  try {
    return publicKey.export({ format: 'jwk' })
  } catch {
    return undefined
  }
}
