import { trustDomainOf } from '../domain/trust.ts'
import type { Certificate } from './certificate.ts'

/** Whose certificate an X.509-SVID is. */
export type Svid = {
  /** Its one URI, such as `spiffe://example.org/ns/billing/sa/invoices`. */
  readonly id: string
  /** Such as `spiffe://example.org`. */
  readonly trustDomain: string
}

/**
 * Reads whose a certificate is as an X.509-SVID (X.509-SVID §2, §4, §5.2; draft-ietf-oauth-spiffe-client-auth): exactly one
 * URI, which is the SPIFFE id of a workload; not a CA; it may sign, and vouches for nobody. Who signed it is not looked at.
 * @returns the check that failed, under `wrong`
 */
export const readSvid = ({
  alternativeNames,
  constraints,
  keyUsage,
}: Pick<Certificate, 'alternativeNames' | 'constraints' | 'keyUsage'>): Svid | { readonly wrong: string } => {
  const [id, ...others] = alternativeNames.uri
  const trustDomain = trustDomainOf(id)
  if (id === undefined || trustDomain === undefined || others.length > 0) return { wrong: 'svid-sole-uri' }
  if (constraints?.ca === true) return { wrong: 'svid-leaf' }
  if (keyUsage?.digitalSignature !== true || keyUsage.certificates || keyUsage.revocationLists) {
    return { wrong: 'svid-key-usage' }
  }
  return { id, trustDomain }
}
