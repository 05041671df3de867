import { formatName } from '../certificates/distinguished-name.ts'
import { readTrustAnchor } from '../certificates/trust-anchors.ts'
import { endOf } from '../domain/credential-state.ts'
import type { Workspace } from '../domain/workspace.ts'
import { ageAhead, announcedAtFirst } from '../policy/expiry-notices.ts'
import type { Ending, EntityKind } from '../store/store.ts'
import { readWorkspaceBody } from './bodies.ts'
import type { Body } from './kinds/kind.ts'

type Policy = Pick<Workspace, 'expiryNotices' | 'maximumSecretLifetime' | 'maximumKeyLifetime'>

/** The part of a credential that is not an end, but when it is older than its workspace wants. */
const agePart = 'age'

/** How long a credential of a type may live, in seconds; undefined: for ever. What is only named and published elsewhere has no age. */
export const maximumLifetimeOf = (
  type: unknown,
  policy: Pick<Policy, 'maximumSecretLifetime' | 'maximumKeyLifetime'>,
): number | undefined => {
  if (type === 'secret') return policy.maximumSecretLifetime
  return type === 'key' || type === 'certificate' ? policy.maximumKeyLifetime : undefined
}

const credentialEndings = (body: Body, policy: Policy, now: number): Ending[] => {
  const ends = endOf(body)
  const longest = maximumLifetimeOf(body.type, policy)
  const { created } = body
  const aged = longest === undefined || typeof created !== 'number' ? undefined : created + longest * 1000
  return [
    ...(Number.isFinite(ends)
      ? [{ part: '', ends, announced: announcedAtFirst(ends, policy.expiryNotices, now) }]
      : []),
    ...(aged === undefined || ends <= aged ? [] : [{ part: agePart, ends: aged, announced: ageAhead }]),
  ]
}

const anchorEndings = ({ trustAnchors, expiryNotices }: Workspace, now: number): Ending[] => {
  const all = trustAnchors.flatMap((pem) => {
    const anchor = readTrustAnchor(pem)
    if ('wrong' in anchor) return []
    const { thumbprint: part, notAfter: ends } = anchor
    return [{ part, ends, announced: announcedAtFirst(ends, expiryNotices, now) }]
  })
  return all.filter(({ part }, index) => all.findIndex((other) => other.part === part) === index)
}

/**
 * When an entity, or parts of it, come to an end that is to be announced.
 * @param policy of its workspace
 */
export const endingsOf = (kind: EntityKind, body: Body, policy: Workspace, now: number): readonly Ending[] => {
  if (kind === 'credential') return credentialEndings(body, policy, now)
  return kind === 'workspace' ? anchorEndings(policy, now) : []
}

/** What ends, by names that are no secret. */
export type EndingSubject = {
  /** A type of credential, or `trust-anchor`. */
  readonly credentialType: string
  /** The id of a credential, or the thumbprint of a trust anchor. */
  readonly credential: string
  readonly client?: string
  /** Of a trust anchor or certificate: whose it is. */
  readonly subject?: string
}

const anchorSubject = (thumbprint: string, body: string): { readonly subject?: string } => {
  for (const pem of readWorkspaceBody('/', body).trustAnchors) {
    const anchor = readTrustAnchor(pem)
    if (!('wrong' in anchor) && anchor.thumbprint === thumbprint && anchor.subject !== undefined)
      return { subject: formatName(anchor.subject) }
  }
  return {}
}

export const subjectOf = ({
  place,
  part,
  body,
}: {
  readonly place: { readonly kind: EntityKind; readonly id: string; readonly parent: string }
  readonly part: string
  readonly body: string
}): EndingSubject => {
  if (place.kind !== 'credential') {
    return { credentialType: 'trust-anchor', credential: part, ...anchorSubject(part, body) }
  }
  const { type, subject } = JSON.parse(body) as Body
  return {
    credentialType: String(type),
    credential: place.id,
    client: place.parent,
    ...(typeof subject === 'string' ? { subject } : {}),
  }
}
