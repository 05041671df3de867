import { OAuthError } from '@mintmark/protocol'
import { type Claims, claimMatches } from '../domain/claim-matcher.ts'
import type { Client } from '../domain/client.ts'
import type { FederatedCredential } from '../domain/credential.ts'
import { proves } from '../domain/credential-state.ts'
import type { Trust } from '../domain/trust.ts'
import type { Federation } from '../registry/federation-index.ts'
import { invalidClient } from './invalid-client.ts'

/** What a platform says of a workload, in a token or in a certificate. */
export type Workload = { readonly sub: string; readonly claims: Claims }

/**
 * The trusts that say so, one at least.
 * @param verify resolves when it is so
 * @throws OAuthError why none does; when one of them cannot be asked, nothing is decided
 */
export const believing = async (
  trusts: readonly Trust[],
  verify: (trust: Trust) => Promise<void>,
): Promise<readonly Trust[]> => {
  const settled = await Promise.allSettled(trusts.map(verify))
  const failures: unknown[] = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  const undecided = failures.find((error) => !(error instanceof OAuthError) || error.code !== 'invalid_client')
  if (undecided !== undefined) throw undecided
  const believed = trusts.filter((_, index) => settled[index]?.status === 'fulfilled')
  if (believed.length === 0) throw failures[0]
  return believed
}

const matches = ({ match }: FederatedCredential, { claims }: Workload): boolean =>
  match.every((matcher) => claimMatches(claims, matcher))

/** The one client that a workload is, by any of some trusts. @throws OAuthError `invalid_client` for none, or several */
export const soleClient = (
  federation: Federation,
  trusts: readonly Trust[],
  workload: Workload,
  now: number,
): string => {
  const clients = trusts
    .flatMap(({ id }) => federation.candidates(id, workload.sub))
    .filter(({ credential }) => proves(credential, now) && matches(credential, workload))
  const [only, ...others] = new Set(clients.map(({ client }) => client))
  if (only === undefined) throw invalidClient('federated-client-known', 'a client whose matchers all hold')
  if (others.length > 0) {
    throw invalidClient('federated-client-sole', 'one client', [only, ...others].slice(0, 10).join(' '))
  }
  return only
}

/** By which of its credentials, and by which trust, a workload is a client. @throws OAuthError `invalid_client` for none */
export const identityOf = (
  { credentials }: Client,
  trusts: readonly Trust[],
  workload: Workload,
  now: number,
): { readonly credential: FederatedCredential; readonly trust: Trust } => {
  for (const credential of credentials) {
    if (credential.type !== 'federated' || !proves(credential, now)) continue
    const trust = trusts.find(({ id }) => id === credential.trust)
    if (trust !== undefined && matches(credential, workload)) return { credential, trust }
  }
  throw invalidClient('federated-matchers-hold', 'a live federated identity of this client, all matchers')
}
