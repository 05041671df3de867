import { OAuthError } from '@mintmark/protocol'
import type { Certificate } from '../certificates/certificate.ts'
import { createPathChecker } from '../certificates/known-paths.ts'
import type { RevocationList } from '../certificates/revocation-list.ts'
import { describeSubject, matchesSubject } from '../certificates/subject-match.ts'
import { readTrustAnchor } from '../certificates/trust-anchors.ts'
import { proves } from '../domain/credential-state.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { Clock } from '../lib/clock.ts'
import type { Registry } from '../registry/registry.ts'
import type { ReadCertificates, ReadClientCertificates } from './client-certificate.ts'
import { invalidClient } from './invalid-client.ts'
import type { ClientAuthenticationMethod } from './method.ts'

export type TlsClientAuthDependencies = {
  readonly readCertificates: ReadClientCertificates
  readonly registry: Pick<Registry, 'workspace'>
  /** The revocation lists of the process, as they are now; none where there is no file. */
  readonly revocationLists: () => readonly RevocationList[]
  readonly clock: Clock
}

const name = 'tls_client_auth'

/** A decision that would be a guess is none (the caller may try again). */
const undecided = (check: string, received: string): OAuthError =>
  new OAuthError('temporarily_unavailable', 'The certificate cannot be checked at the moment.', {
    check,
    received,
    headers: { 'retry-after': '30' },
  })

/**
 * `tls_client_auth`: the client has the key of a certificate by a CA that the workspace trusts, and the certificate has the
 * one name that is registered (RFC 8705 §2.1).
 */
export const createTlsClientAuth = (deps: TlsClientAuthDependencies): ClientAuthenticationMethod => {
  const { readCertificates, registry, revocationLists, clock } = deps
  const checkPath = createPathChecker()
  const read = new WeakMap<readonly string[], readonly Certificate[]>()

  const anchorsOf = async (workspace: WorkspaceKey): Promise<readonly Certificate[]> => {
    const pems = (await registry.workspace(workspace))?.workspace.trustAnchors ?? []
    const known = read.get(pems)
    if (known !== undefined) return known
    const anchors = pems.map(readTrustAnchor).flatMap((anchor) => ('wrong' in anchor ? [] : [anchor]))
    read.set(pems, anchors)
    return anchors
  }

  /** @throws OAuthError `invalid_client`, or `temporarily_unavailable` when a revocation list is out of date */
  const assertTrusted = async (workspace: WorkspaceKey, { own, others }: ReadCertificates): Promise<void> => {
    const anchors = await anchorsOf(workspace)
    const lists = revocationLists()
    const result = checkPath({ certificate: own, brought: others, anchors, lists, now: clock.now() })
    if (result.trusted) return
    throw result.undecided === true
      ? undecided(result.check, describeSubject(own))
      : invalidClient(result.check, `a certificate by one of ${anchors.length} trust anchors`, describeSubject(own))
  }

  return {
    name,
    ofConnection: true,
    present: ({ certificates: given }, form) => {
      const clientId = form.get('client_id')
      if (given === undefined || clientId === undefined) return undefined
      return {
        clientId,
        suits: ({ credentials }) => credentials.some(({ type }) => type === 'certificate-subject'),
        prove: async (client, workspace) => {
          const certificates = readCertificates(given)
          // Before the name is looked at, and also for a client that there is not: nobody learns which there are.
          await assertTrusted(workspace, certificates)
          const found = client?.credentials.find(
            (credential) =>
              credential.type === 'certificate-subject' &&
              proves(credential, clock.now()) &&
              matchesSubject(credential, certificates.own),
          )
          if (found !== undefined) return found.id
          throw invalidClient(
            'certificate-subject',
            'a name registered for this client',
            describeSubject(certificates.own),
          )
        },
      }
    },
  }
}
