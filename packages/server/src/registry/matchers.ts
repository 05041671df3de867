import type { ClaimMatcher } from '../domain/claim-matcher.ts'
import { type Fault, rule } from './kinds/kind.ts'

/**
 * Claims that say which workload it is, or whose: one of them must be matched exactly, so that no client is everybody
 * that has an account with the platform.
 */
export const identifyingClaims: readonly string[] = [
  'sub',
  // GitHub Actions
  'repository_id',
  'repository_owner_id',
  // GitLab CI
  'project_id',
  'namespace_id',
  // Kubernetes
  '/kubernetes.io/namespace',
  '/kubernetes.io/serviceaccount/uid',
  // AWS
  '/https:~1~1sts.amazonaws.com~1/aws_account',
  // Google Cloud
  'email',
  '/google/compute_engine/project_number',
  // Microsoft Entra
  'oid',
]

const withoutSlash = (claim: string): string => (/^\/[^/~]*$/.test(claim) ? claim.slice(1) : claim)

const textOf = (matcher: ClaimMatcher): string | number | boolean => {
  if ('equals' in matcher) return matcher.equals
  return 'prefix' in matcher ? matcher.prefix : matcher.glob
}

/** What is wrong with the matchers of a client. */
export const checkMatchers = (client: string, match: readonly ClaimMatcher[]): Fault[] => {
  const faults = match.flatMap((matcher, index): Fault[] => {
    const text = textOf(matcher)
    const path = `/match/${index}`
    if (/~(?![01])/.test(matcher.claim) && matcher.claim.startsWith('/')) {
      return [rule(`client ${client}: ${matcher.claim} is not a JSON pointer (RFC 6901)`, `${path}/claim`)]
    }
    if (typeof text === 'string' && (text === '' || !text.isWellFormed())) {
      return [rule(`client ${client}: the claim ${matcher.claim} must be matched by some well-formed text`, path)]
    }
    if (typeof text === 'number' && Number.isInteger(text) && !Number.isSafeInteger(text)) {
      // In JSON as we read it, its neighbours are the same number: another project would be this one.
      return [rule(`client ${client}: the number for ${matcher.claim} is too large to be told from others`, path)]
    }
    return 'glob' in matcher && /^\*+$/.test(matcher.glob)
      ? [rule(`client ${client}: ${matcher.glob} alone would match every ${matcher.claim}`, path)]
      : []
  })
  const identified = match.some(
    (matcher) => 'equals' in matcher && identifyingClaims.includes(withoutSlash(matcher.claim)),
  )
  if (identified) return faults
  const names = identifyingClaims.join(', ')
  return [...faults, rule(`client ${client}: one of these claims must be matched exactly: ${names}`, '/match')]
}

/** Names of repositories and groups can be given up and taken by somebody else; numbers cannot. */
const mutable: readonly { readonly subject: RegExp; readonly ids: readonly string[]; readonly what: string }[] = [
  {
    subject: /^repo:[^@/:]+\/[^@/:]+(?:$|:)/,
    ids: ['repository_id', 'repository_owner_id'],
    what: 'the repository by its name alone, which somebody else can have one day: match repository_owner_id too, or use the sub with ids in it',
  },
  {
    subject: /^project_path:/,
    ids: ['project_id', 'namespace_id'],
    what: 'the project by its name alone, which somebody else can have one day: match namespace_id or project_id too',
  },
]

/** What an administrator should know of matchers that are allowed. */
export const matcherWarnings = (match: readonly ClaimMatcher[]): readonly string[] =>
  mutable.flatMap(({ subject, ids, what }) => {
    const exact = match.filter((matcher) => 'equals' in matcher).map(({ claim }) => withoutSlash(claim))
    const named = match.some(
      (matcher) =>
        withoutSlash(matcher.claim) === 'sub' &&
        typeof textOf(matcher) === 'string' &&
        subject.test(String(textOf(matcher))),
    )
    return named && !ids.some((id) => exact.includes(id)) ? [`sub names ${what}`] : []
  })
