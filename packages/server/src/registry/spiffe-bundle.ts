import type { Certificate } from '../certificates/certificate.ts'
import { decodeBase64 } from '../certificates/pem.ts'
import { asTrustAnchor } from '../certificates/trust-anchors.ts'

/** A key of a bundle that is for X.509-SVIDs has its CA as the one certificate in `x5c` (SPIFFE Bundle §4.2.2). */
const authorityOf = (key: unknown): Certificate[] => {
  if (typeof key !== 'object' || key === null) return []
  const { use, x5c } = key as Readonly<Record<string, unknown>>
  if (use !== 'x509-svid' || !Array.isArray(x5c) || x5c.length !== 1) return []
  const der = typeof x5c[0] === 'string' ? decodeBase64(x5c[0]) : undefined
  const anchor = der === undefined ? { wrong: 'it is not base64' } : asTrustAnchor(der)
  return 'wrong' in anchor ? [] : [anchor]
}

/** The CAs of a trust domain in its bundle, a JSON Web Key Set; those that cannot be one are left out. */
export const readAuthorities = (json: unknown): readonly Certificate[] => {
  const keys = (json as { readonly keys?: unknown } | null)?.keys
  return Array.isArray(keys) ? keys.flatMap(authorityOf) : []
}

/** Seconds after which a bundle wants to be fetched again (`spiffe_refresh_hint`, §4.1.2); undefined where it says nothing. */
export const readRefreshHint = (json: unknown): number | undefined => {
  const hint = (json as { readonly spiffe_refresh_hint?: unknown } | null)?.spiffe_refresh_hint
  return typeof hint === 'number' && Number.isFinite(hint) && hint > 0 ? hint : undefined
}

/** An authority as a key of a bundle again. */
export const writtenAuthority = (certificate: Certificate): object => ({
  ...certificate.x509.publicKey.export({ format: 'jwk' }),
  use: 'x509-svid',
  x5c: [Buffer.from(certificate.der).toString('base64')],
})
