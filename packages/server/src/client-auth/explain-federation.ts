import { OAuthError } from '@mintmark/protocol'
import type { FederationTest } from '@mintmark/protocol/admin'
import { claimAt, claimMatches } from '../domain/claim-matcher.ts'
import type { Client } from '../domain/client.ts'
import type { FederatedCredential } from '../domain/credential.ts'
import { credentialState, proves } from '../domain/credential-state.ts'
import type { Issuers } from '../domain/issuer.ts'
import type { Trust } from '../domain/trust.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { Clock } from '../lib/clock.ts'
import type { FederatedClient } from '../registry/federation-index.ts'
import type { Registry } from '../registry/registry.ts'
import { federatedName, trustsFor } from './federated.ts'
import { createPlatformTokenVerifier, type PlatformToken, readPlatformToken } from './platform-token.ts'
import type { TrustKeys } from './trust-keys.ts'

/** Says which client a token of a platform would be, and why not the others; uses nothing up. For administrators alone. */
export type ExplainFederation = (workspace: WorkspaceKey, text: string) => Promise<FederationTest>

/** What failed, in words. */
const reasons: Readonly<Record<string, string>> = {
  'assertion-malformed': 'it is not a signed JWT, or longer than 8192 characters',
  'assertion-crit': 'its header demands an extension (crit)',
  'assertion-typ': 'its typ is that of another kind of token',
  'assertion-kid': 'its kid is not a text',
  'assertion-algorithm': 'it is signed with an algorithm that is not accepted',
  'assertion-signature': 'no key of the trust signed it',
  'assertion-audience': 'it is for another audience, or for others too',
  'assertion-iss': 'its iss is not the issuer of the trust',
  'assertion-sub': 'its sub is missing, no text, or in another trust domain',
  'assertion-jti': 'it has no usable jti, and the trust takes each token once',
  'assertion-exp': 'it has ended, never ends, or lives longer than the trust allows',
  'assertion-nbf': 'it is not valid yet (nbf)',
  'assertion-iat': 'it was issued in the future (iat)',
  'trust-enabled': 'the trust is disabled',
  'trust-keys-available': 'the keys of its issuer cannot be fetched at the moment',
}

const sentence = ({ check = '', expected, received }: OAuthError): string => {
  const details = [expected && `expected ${expected}`, received && `found ${received}`].filter(Boolean).join(', ')
  return `${reasons[check] ?? `the check ${check} failed`}${details === '' ? '' : `: ${details}`}`
}

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
  trustKeys,
  registry,
  issuers,
  clock,
}: {
  readonly trustKeys: TrustKeys
  readonly registry: Pick<Registry, 'federation' | 'client'>
  readonly issuers: Issuers
  readonly clock: Clock
}): ExplainFederation => {
  const verify = createPlatformTokenVerifier({ trustKeys, now: clock.now })

  const judge = async (token: PlatformToken, trust: Trust, workspace: WorkspaceKey): Promise<Verdict> => {
    try {
      await verify(token, trust, issuers.of(workspace))
      return { trust, error: undefined }
    } catch (error) {
      if (error instanceof OAuthError) return { trust, error }
      throw error
    }
  }

  const problemsOf = (client: Client | undefined, { credential }: FederatedClient): string[] => [
    ...(client?.enabled === true ? [] : ['the client is disabled']),
    ...(client?.authenticationMethods.includes(federatedName) === true
      ? []
      : [`its authentication methods do not include ${federatedName}`]),
    ...(client?.capabilities.some((name) => name === 'client_credentials' || name === 'jwt_bearer') === true
      ? []
      : ['it has neither capability, client_credentials nor jwt_bearer']),
    ...(proves(credential, clock.now()) ? [] : [standing(credential, clock.now())]),
  ]

  const look = async (token: PlatformToken, workspace: WorkspaceKey, one: FederatedClient) => {
    const matchers = one.credential.match.map((matcher) => {
      const received = claimAt(token.claims, matcher.claim)
      return { matcher, holds: claimMatches(token.claims, matcher), ...(received === undefined ? {} : { received }) }
    })
    return {
      client: one.client,
      federation: one.credential.id,
      matched: matchers.every(({ holds }) => holds),
      problems: problemsOf(await registry.client(workspace, one.client), one),
      matchers,
    }
  }

  const conclude = (
    verdicts: readonly Verdict[],
    clients: FederationTest['clients'],
  ): Pick<FederationTest, 'outcome' | 'client' | 'reason'> => {
    if (verdicts.length === 0) return { outcome: 'refused', reason: 'no trust of this workspace has its issuer' }
    if (verdicts.some(({ error }) => error?.code === 'temporarily_unavailable')) {
      return { outcome: 'undecided', reason: reasons['trust-keys-available'] ?? '' }
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
    let token: PlatformToken
    try {
      token = readPlatformToken(text)
    } catch (error) {
      if (!(error instanceof OAuthError)) throw error
      return { outcome: 'refused', reason: sentence(error), trusts: [], clients: [] }
    }
    const federation = await registry.federation(workspace)
    const verdicts = await Promise.all(
      trustsFor(federation, token, 'grant').map((trust) => judge(token, trust, workspace)),
    )
    const believed = verdicts.filter(({ error }) => error === undefined)
    const naming = believed.flatMap(({ trust }) => federation.naming(trust.id))
    const looked = await Promise.all(naming.map((one) => look(token, workspace, one)))
    const { iss, aud, exp } = token.claims
    const time = typeof exp === 'number' && exp > 0 && exp < 1e11 ? { expires: new Date(exp * 1000).toISOString() } : {}
    return {
      ...conclude(verdicts, looked),
      token: { issuer: typeof iss === 'string' ? iss : '', subject: token.sub, audience: aud ?? null, ...time },
      trusts: verdicts.map(({ trust, error }) => ({
        trust: trust.id,
        ...(error === undefined ? {} : { problem: sentence(error) }),
      })),
      clients: looked.sort((a, b) => Number(b.matched) - Number(a.matched)).slice(0, shownAtMost),
    }
  }
}
