import { OAuthError } from '@mintmark/protocol'
import type { PathResult } from '../certificates/certification-path.ts'
import { createPathChecker } from '../certificates/known-paths.ts'
import type { RevocationList } from '../certificates/revocation-list.ts'
import { describeSubject } from '../certificates/subject-match.ts'
import { readSvid, type Svid } from '../certificates/svid.ts'
import { isTrustDomain, type Trust, trustDomainOf } from '../domain/trust.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { Clock } from '../lib/clock.ts'
import type { ClientCertificates } from '../lib/message.ts'
import type { Registry } from '../registry/registry.ts'
import { clockLeeway } from './assertion-claims.ts'
import type { ReadCertificates, ReadClientCertificates } from './client-certificate.ts'
import { invalidClient } from './invalid-client.ts'
import type { ClientAuthenticationMethod, Presented } from './method.ts'
import type { TrustKeys } from './trust-keys.ts'
import { believing, identityOf, soleClient, type Workload } from './workload.ts'

export type SpiffeX509Dependencies = {
  readonly readCertificates: ReadClientCertificates
  readonly trustKeys: Pick<TrustKeys, 'vouch'>
  readonly registry: Pick<Registry, 'client' | 'federation'>
  /** The revocation lists of the process, as they are now; none where there is no file. */
  readonly revocationLists: () => readonly RevocationList[]
  readonly clock: Clock
}

export const spiffeX509Name = 'spiffe_x509'
const name = spiffeX509Name

/** A certificate of a client, as an X.509-SVID. */
type Shown = ReadCertificates & { readonly svid: Svid; readonly workload: Workload }

export type SvidVerifierDependencies = Pick<SpiffeX509Dependencies, 'revocationLists' | 'clock'> & {
  readonly trustKeys: Pick<TrustKeys, 'vouch'>
}

export type VerifySvid = (shown: ReadCertificates, trust: Trust) => Promise<void>

/**
 * Believes an X.509-SVID, or does not: a CA in the bundle of its trust domain vouches for it, now and not for longer than the
 * trust takes. Neither the workspace's trust anchors nor the system's have a say.
 * @throws OAuthError `invalid_client`; `temporarily_unavailable` when the bundle cannot be had, or a revocation list is out of date
 */
export const createSvidVerifier = ({ trustKeys, revocationLists, clock }: SvidVerifierDependencies): VerifySvid => {
  const checkPath = createPathChecker()
  return async ({ own, others }, trust) => {
    if (!trust.enabled) throw invalidClient('trust-enabled', undefined, trust.id)
    const now = clock.now()
    let result: PathResult = { trusted: false, check: 'certificate-trusted' }
    await trustKeys.vouch(trust, (anchors) => {
      result = checkPath({ certificate: own, brought: others, anchors, lists: revocationLists(), now })
      return result.trusted
    })
    assertTrusted(result, trust, describeSubject(own))
    if (own.notAfter > now + (trust.maximumLifetime + clockLeeway) * 1000) {
      throw invalidClient(
        'svid-lifetime',
        `at most ${trust.maximumLifetime} s ahead`,
        new Date(own.notAfter).toISOString(),
      )
    }
  }
}

const assertTrusted = (result: PathResult, { id }: Trust, received: string): void => {
  if (result.trusted) return
  if (result.undecided !== true) throw invalidClient(result.check, `a certificate by a CA of trust ${id}`, received)
  throw new OAuthError('temporarily_unavailable', 'The certificate cannot be checked at the moment.', {
    check: result.check,
    received,
    headers: { 'retry-after': '30' },
  })
}

/**
 * `spiffe_x509`: a workload of a trust domain has the key of its X.509-SVID, and a client names the trust and the SPIFFE id
 * (draft-ietf-oauth-spiffe-client-auth, RFC 8705). The request names the client, by its SPIFFE id or by its own.
 */
export const createSpiffeX509 = (deps: SpiffeX509Dependencies): ClientAuthenticationMethod => {
  const { readCertificates, registry, clock } = deps
  const verifySvid = createSvidVerifier(deps)

  const present = (given: ClientCertificates, named: string): Presented => {
    const bySpiffeId = trustDomainOf(named) !== undefined
    let used: Trust | undefined

    const read = (): Shown => {
      const certificates = readCertificates(given)
      const svid = readSvid(certificates.own)
      if ('wrong' in svid) throw invalidClient(svid.wrong, undefined, describeSubject(certificates.own))
      if (bySpiffeId && named !== svid.id) throw invalidClient('svid-client-id', svid.id, named)
      return { ...certificates, svid, workload: { sub: svid.id, claims: { sub: svid.id } } }
    }

    const believe = async (shown: Shown, workspace: WorkspaceKey): Promise<readonly Trust[]> => {
      const { trustDomain } = shown.svid
      const trusts = (await registry.federation(workspace)).ofIssuer(trustDomain).filter(isTrustDomain)
      if (trusts.length === 0) throw invalidClient('svid-trust-domain', 'the trust domain of a trust', trustDomain)
      return believing(trusts, (trust) => verifySvid(shown, trust))
    }

    return {
      clientId: bySpiffeId ? undefined : named,
      ...(bySpiffeId
        ? {
            identify: async (workspace) => {
              // A client may have the SPIFFE id for its own, and prove itself by it in whatever way it is registered for.
              if ((await registry.client(workspace, named)) !== undefined) return named
              const shown = read()
              const trusts = await believe(shown, workspace)
              return soleClient(await registry.federation(workspace), trusts, shown.workload, clock.now())
            },
          }
        : {}),
      suits: ({ credentials }) =>
        credentials.some(({ type }) => type === 'federated') && !('wrong' in readSvid(readCertificates(given).own)),
      prove: async (client, workspace) => {
        const shown = read()
        // Before the client is looked at, and also for one that there is not: nobody learns which there are.
        const trusts = await believe(shown, workspace)
        if (client === undefined || !client.authenticationMethods.includes(name)) {
          throw invalidClient(client === undefined ? 'client-known' : 'authentication-method-registered', name)
        }
        const { credential, trust } = identityOf(client, trusts, shown.workload, clock.now())
        used = trust
        return credential.id
      },
      longestLifetime: () =>
        used?.boundLifetime === true
          ? Math.max(1, Math.floor((readCertificates(given).own.notAfter - clock.now()) / 1000))
          : undefined,
    }
  }

  return {
    name,
    ofConnection: true,
    present: ({ certificates: given }, form) => {
      const named = form.get('client_id')
      return given === undefined || named === undefined ? undefined : present(given, named)
    },
  }
}
