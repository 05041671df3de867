import { type Certificate, readCertificate } from '../certificates/certificate.ts'
import { createBoundedCache } from '../lib/bounded-cache.ts'
import { sha256 } from '../lib/digest.ts'
import type { ClientCertificates } from '../lib/message.ts'
import { invalidClient } from './invalid-client.ts'

/** The certificates of a request, read. */
export type ReadCertificates = { readonly own: Certificate; readonly others: readonly Certificate[] }

/** @throws OAuthError `invalid_client` when the client's own cannot be read */
export type ReadClientCertificates = (given: ClientCertificates) => ReadCertificates

/** Reads each certificate once: a client asks again and again with the same one. */
export const createClientCertificateReader = (): ReadClientCertificates => {
  const known = createBoundedCache<string, Certificate>(2000)
  const read = (der: Uint8Array): Certificate | undefined => {
    const name = sha256(der).toString('base64url')
    const found = known.get(name) ?? readCertificate(der)
    if (found !== undefined) known.set(name, found)
    return found
  }
  return ({ own, others }) => {
    const certificate = read(own)
    if (certificate === undefined) throw invalidClient('certificate-readable')
    return { own: certificate, others: others.flatMap((der) => read(der) ?? []) }
  }
}
