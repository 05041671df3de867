import { type Certificate, readCertificate } from './certificate.ts'
import { readPem } from './pem.ts'

/** Reads a CA's certificate that a workspace trusts; under `wrong`, a sentence that says why it cannot be one. */
export const readTrustAnchor = (pem: string): Certificate | { readonly wrong: string } => {
  const [der, ...others] = readPem(pem, 'CERTIFICATE') ?? []
  return der === undefined || others.length > 0 ? { wrong: 'it must be one certificate as PEM' } : asTrustAnchor(der)
}

/** The same of a certificate as DER. */
export const asTrustAnchor = (der: Uint8Array): Certificate | { readonly wrong: string } => {
  const certificate = readCertificate(der)
  if (certificate === undefined) return { wrong: 'it is not a certificate that can be read' }
  const { constraints, keyUsage, unprocessed } = certificate
  if (constraints?.ca !== true) return { wrong: 'it is not the certificate of a CA (basicConstraints)' }
  if (keyUsage !== undefined && !keyUsage.certificates)
    return { wrong: 'its keyUsage does not let it sign certificates' }
  if (unprocessed.length > 0) return { wrong: `it has constraints that cannot be kept (${unprocessed.join(', ')})` }
  return certificate
}
