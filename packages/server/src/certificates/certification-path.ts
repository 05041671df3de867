import { type Certificate, hasStrongKey, isInTime } from './certificate.ts'
import type { RevocationList } from './revocation-list.ts'
import { isStrong } from './signature-algorithms.ts'

/** Certificates between a client's and an anchor at the most. */
const maximumIntermediates = 5
/** Certificates a client may bring besides its own, and signatures that are verified for it: nobody makes us work without end. */
const maximumCandidates = 10
const maximumVerifications = 60
const clientAuthentication = '1.3.6.1.5.5.7.3.2'
const anyPurpose = '2.5.29.37.0'

/** What was found of a certificate. `undecided`: a revocation list that would say is out of date. */
export type PathResult =
  | { readonly trusted: true }
  | { readonly trusted: false; readonly check: string; readonly undecided?: true }

const refused = (check: string): PathResult => ({ trusted: false, check })

const mayAuthenticate = ({ purposes }: Certificate): boolean =>
  purposes === undefined || purposes.includes(clientAuthentication) || purposes.includes(anyPurpose)

/** Why a client's own certificate is of no use here, whoever vouches for it; undefined when nothing is wrong with it. */
export const leafFault = (certificate: Certificate, now: number): string | undefined => {
  if (!isInTime(certificate, now)) return 'certificate-in-time'
  if (!hasStrongKey(certificate)) return 'certificate-key-strong'
  if (certificate.keyUsage !== undefined && !certificate.keyUsage.digitalSignature) return 'certificate-key-usage'
  if (!mayAuthenticate(certificate)) return 'certificate-purpose'
  return certificate.unprocessed.length > 0 ? 'certificate-extensions' : undefined
}

/** Whether a certificate may vouch for others, with so many intermediates under it (RFC 5280 §6.1.4). */
const mayIssue = (certificate: Certificate, below: number, now: number): boolean => {
  const { constraints, keyUsage, unprocessed } = certificate
  return (
    isInTime(certificate, now) &&
    constraints?.ca === true &&
    below <= (constraints.pathLength ?? Number.POSITIVE_INFINITY) &&
    (keyUsage === undefined || keyUsage.certificates) &&
    mayAuthenticate(certificate) &&
    unprocessed.length === 0
  )
}

const named = (issuer: Certificate, certificate: Certificate): boolean =>
  Buffer.compare(issuer.subjectBytes, certificate.issuerBytes) === 0

const signed = (issuer: Certificate, certificate: Certificate): boolean => {
  try {
    const { publicKey } = issuer.x509
    return (
      isStrong(certificate.signatureAlgorithm, publicKey, certificate.pssHash) && certificate.x509.verify(publicKey)
    )
  } catch {
    // A key of a kind the platform does not know.
    return false
  }
}

/** What the lists of an issuer say of a certificate it issued; undefined when nothing is against it. */
const revocationFault = (
  certificate: Certificate,
  issuer: Certificate,
  lists: readonly RevocationList[],
  now: number,
): PathResult | undefined => {
  const ofName = lists.filter(({ issuerBytes }) => Buffer.compare(issuerBytes, issuer.subjectBytes) === 0)
  const maySign = issuer.keyUsage === undefined || issuer.keyUsage.revocationLists
  const own = ofName.filter((list) => maySign && list.signedBy(issuer.x509.publicKey))
  if (own.some((list) => list.revoked(certificate.serial))) return refused('certificate-revoked')
  const current = own.some(
    ({ thisUpdate, nextUpdate }) => thisUpdate <= now && now < (nextUpdate ?? Number.POSITIVE_INFINITY),
  )
  // A list that is out of date, or that somebody else signed, says nothing either way.
  if (ofName.length > 0 && !current) {
    return { trusted: false, check: 'certificate-revocation-list-current', undecided: true }
  }
  return undefined
}

/**
 * Whether one of the anchors vouches for a client's certificate, directly or through intermediates (RFC 5280 §6.1): each
 * signed by the next, all in their time, each issuer allowed to issue, and none revoked by a list of its issuer. An anchor
 * is a CA that the workspace chose, itself signed or not; a client's own certificate is never one.
 * @param brought what the client sent besides its own, in any order
 */
export const checkPath = ({
  certificate,
  brought,
  anchors,
  lists,
  now,
}: {
  readonly certificate: Certificate
  readonly brought: readonly Certificate[]
  readonly anchors: readonly Certificate[]
  readonly lists: readonly RevocationList[]
  readonly now: number
}): PathResult => {
  const fault = leafFault(certificate, now)
  if (fault !== undefined) return refused(fault)
  const candidates = brought.slice(0, maximumCandidates)
  let verifications = 0
  const issued = (issuer: Certificate, child: Certificate): boolean => {
    if (!named(issuer, child) || verifications >= maximumVerifications) return false
    verifications += 1
    return signed(issuer, child)
  }
  let worst: PathResult = refused('certificate-trusted')

  const climb = (child: Certificate, path: readonly Certificate[]): boolean => {
    const ways = [...anchors, ...(path.length < maximumIntermediates ? candidates : [])]
    for (const [index, issuer] of ways.entries()) {
      if (issuer === child || path.includes(issuer) || !mayIssue(issuer, path.length, now) || !issued(issuer, child)) {
        continue
      }
      const revoked = revocationFault(child, issuer, lists, now)
      if (revoked !== undefined) worst = revoked
      else if (index < anchors.length || climb(issuer, [...path, issuer])) return true
    }
    return false
  }
  return climb(certificate, []) ? { trusted: true } : worst
}
