import type { FederationTest } from '@mintmark/protocol/admin'
import { readPem } from '../certificates/pem.ts'
import { readSvid } from '../certificates/svid.ts'
import type { Issuers } from '../domain/issuer.ts'
import { isTrustDomain, type Trust } from '../domain/trust.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { Federation } from '../registry/federation-index.ts'
import type { ReadClientCertificates } from './client-certificate.ts'
import { federatedName, trustsFor } from './federated.ts'
import { invalidClient } from './invalid-client.ts'
import { createPlatformTokenVerifier, readPlatformToken } from './platform-token.ts'
import { createSvidVerifier, type SvidVerifierDependencies, spiffeX509Name } from './spiffe-x509.ts'
import type { TrustKeys } from './trust-keys.ts'
import type { Workload } from './workload.ts'

/** What an administrator shows to be told which client it would be. */
export type Evidence = Workload & {
  readonly trusts: (federation: Federation) => readonly Trust[]
  /** Resolves when the trust believes it. @throws OAuthError */
  readonly verify: (trust: Trust, workspace: WorkspaceKey) => Promise<void>
  /** The authentication method that takes it. */
  readonly method: string
  /** One of these a client needs to get anywhere by it. */
  readonly capabilities: readonly string[]
  readonly view: NonNullable<FederationTest['token']>
}

export type EvidenceDependencies = SvidVerifierDependencies & {
  readonly trustKeys: TrustKeys
  readonly readCertificates: ReadClientCertificates
  readonly issuers: Issuers
}

/** Reads a token, or certificates as PEM with the workload's own first. The reader throws OAuthError when it can be neither. */
export const createEvidenceReader = (deps: EvidenceDependencies): ((text: string) => Evidence) => {
  const { trustKeys, readCertificates, issuers, clock } = deps
  const verifyToken = createPlatformTokenVerifier({ trustKeys, now: clock.now })
  const verifySvid = createSvidVerifier(deps)

  const ofToken = (text: string): Evidence => {
    const token = readPlatformToken(text)
    const { sub, claims } = token
    const { iss, aud, exp } = claims
    const time = typeof exp === 'number' && exp > 0 && exp < 1e11 ? { expires: new Date(exp * 1000).toISOString() } : {}
    return {
      ...{ sub, claims },
      trusts: (federation) => trustsFor(federation, token, 'grant'),
      verify: (trust, workspace) => verifyToken(token, trust, issuers.of(workspace)),
      method: federatedName,
      capabilities: ['client_credentials', 'jwt_bearer'],
      view: { issuer: typeof iss === 'string' ? iss : '', subject: sub, audience: aud ?? null, ...time },
    }
  }

  const ofCertificates = (text: string): Evidence => {
    const [own, ...others] = readPem(text, 'CERTIFICATE') ?? []
    if (own === undefined) throw invalidClient('certificate-readable')
    const certificates = readCertificates({ own, others })
    const svid = readSvid(certificates.own)
    if ('wrong' in svid) throw invalidClient(svid.wrong)
    const expires = new Date(certificates.own.notAfter).toISOString()
    return {
      ...{ sub: svid.id, claims: { sub: svid.id } },
      trusts: (federation) => federation.ofIssuer(svid.trustDomain).filter(isTrustDomain),
      verify: (trust) => verifySvid(certificates, trust),
      method: spiffeX509Name,
      capabilities: ['client_credentials'],
      view: { issuer: svid.trustDomain, subject: svid.id, audience: null, expires },
    }
  }

  return (text) => (text.includes('-----BEGIN CERTIFICATE-----') ? ofCertificates(text) : ofToken(text))
}
