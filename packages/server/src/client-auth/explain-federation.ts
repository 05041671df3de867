import { OAuthError } from '@mintmark/protocol'
import type { FederationTest } from '@mintmark/protocol/admin'
import { claimAt, claimMatches } from '../domain/claim-matcher.ts'
import type { Client } from '../domain/client.ts'
import type { FederatedCredential } from '../domain/credential.ts'
import { credentialState, proves } from '../domain/credential-state.ts'
import type { Trust } from '../domain/trust.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { FederatedClient } from '../registry/federation-index.ts'
import type { Registry } from '../registry/registry.ts'
import { createEvidenceReader, type Evidence, type EvidenceDependencies } from './federation-evidence.ts'
import { reasons, sentence } from './federation-reasons.ts'

/** Says which client a token of a platform, or the X.509-SVID of a workload, would be, and why not the others; uses nothing up. For administrators alone. */
export type ExplainFederation = (workspace: WorkspaceKey, text: string) => Promise<FederationTest>

const standings = new Set(
  ['has ended', 'is staged', 'is retired', 'is frozen'].map((what) => `this federated identity ${what}`),
)

/** How a federated identity stands that proves nobody. */
const standing = (credential: FederatedCredential, now: number): string => {
  const state = credentialState(credential, now)
  const what =
    state === 'staged' || state === 'retired'
      ? `is ${state}`
      : credential.frozen === undefined
        ? 'has ended'
        : 'is frozen'
  return `this federated identity ${what}`
}

/** Clients that are shown at the most: those that match, and the others by what they need. */
const shownAtMost = 100

type Verdict = { readonly trust: Trust; readonly error: OAuthError | undefined }

export const createExplainFederation = ({
  registry,
  clock,
  ...deps
}: EvidenceDependencies & { readonly registry: Pick<Registry, 'federation' | 'client'> }): ExplainFederation => {
  const readEvidence = createEvidenceReader({ clock, ...deps })

  const judge = async ({ verify }: Evidence, trust: Trust, workspace: WorkspaceKey): Promise<Verdict> => {
    try {
      await verify(trust, workspace)
      return { trust, error: undefined }
    } catch (error) {
      if (error instanceof OAuthError) return { trust, error }
      throw error
    }
  }

  const problemsOf = (
    client: Client | undefined,
    { credential }: FederatedClient,
    { method, capabilities }: Evidence,
  ): string[] => [
    ...(client?.enabled === true ? [] : ['the client is disabled']),
    ...(client?.authenticationMethods.includes(method) === true
      ? []
      : [`its authentication methods do not include ${method}`]),
    ...(client?.capabilities.some((name) => capabilities.includes(name)) === true
      ? []
      : [
          capabilities.length === 1
            ? `it has not the capability ${capabilities[0]}`
            : `it has neither capability, ${capabilities.join(' nor ')}`,
        ]),
    ...(proves(credential, clock.now()) ? [] : [standing(credential, clock.now())]),
  ]

  const look = async (evidence: Evidence, workspace: WorkspaceKey, one: FederatedClient) => {
    const { claims } = evidence
    const matchers = one.credential.match.map((matcher) => {
      const received = claimAt(claims, matcher.claim)
      return { matcher, holds: claimMatches(claims, matcher), ...(received === undefined ? {} : { received }) }
    })
    return {
      client: one.client,
      federation: one.credential.id,
      matched: matchers.every(({ holds }) => holds),
      problems: problemsOf(await registry.client(workspace, one.client), one, evidence),
      matchers,
    }
  }

  const conclude = (
    verdicts: readonly Verdict[],
    clients: FederationTest['clients'],
  ): Pick<FederationTest, 'outcome' | 'client' | 'reason'> => {
    if (verdicts.length === 0) return { outcome: 'refused', reason: 'no trust of this workspace has its issuer' }
    const undecided = verdicts.find(({ error }) => error?.code === 'temporarily_unavailable')
    if (undecided !== undefined) {
      return { outcome: 'undecided', reason: reasons[undecided.error?.check ?? ''] ?? '' }
    }
    if (verdicts.every(({ error }) => error !== undefined)) {
      return { outcome: 'refused', reason: 'no trust believes it' }
    }
    const matched = clients.filter(
      ({ matched, problems }) => matched && !problems.some((problem) => standings.has(problem)),
    )
    const [only, ...others] = new Set(matched.map(({ client }) => client))
    if (only === undefined) return { outcome: 'refused', reason: 'no client has matchers that all hold' }
    if (others.length > 0) {
      const names = [only, ...others].slice(0, 10).join(', ')
      return { outcome: 'refused', reason: `several clients match, so a request must name one by client_id: ${names}` }
    }
    const entrances = matched.map(({ problems }) => problems)
    if (entrances.every((problems) => problems.length > 0)) {
      return { outcome: 'refused', reason: `client ${only} matches, but ${entrances[0]?.join(', and ')}` }
    }
    return { outcome: 'client', client: only }
  }

  return async (workspace, text) => {
    let evidence: Evidence
    try {
      evidence = readEvidence(text)
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error
      return { outcome: 'refused', reason: sentence(error), trusts: [], clients: [] }
    }
    const federation = await registry.federation(workspace)
    const verdicts = await Promise.all(evidence.trusts(federation).map((trust) => judge(evidence, trust, workspace)))
    const believed = verdicts.filter(({ error }) => error === undefined)
    const naming = believed.flatMap(({ trust }) => federation.naming(trust.id))
    const looked = await Promise.all(naming.map((one) => look(evidence, workspace, one)))
    return {
      ...conclude(verdicts, looked),
      token: evidence.view,
      trusts: verdicts.map(({ trust, error }) => ({
        trust: trust.id,
        ...(error === undefined ? {} : { problem: sentence(error) }),
      })),
      clients: looked.sort((a, b) => Number(b.matched) - Number(a.matched)).slice(0, shownAtMost),
    }
  }
}
