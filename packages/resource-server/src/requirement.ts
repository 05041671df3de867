import { formatScope, OAuthError } from '@mintmark/protocol'

/**
 * What a route needs: every one of a list of scopes, or all of some and at least one of others.
 * `[]` needs a good token and no scope.
 */
export type Requirement =
  | readonly string[]
  | { readonly all?: readonly string[] | undefined; readonly any?: readonly string[] | undefined }

/**
 * For callers without types: a requirement that was mistyped must not become one that everybody meets.
 * @returns a copy, so that who changes the lists later changes no route
 * @throws TypeError for anything but a list of scopes, or lists named `all` and `any`
 */
export function checkRequirement(requirement: Requirement): Requirement {
  if (typeof requirement === 'object' && requirement !== null) {
    const { all, any, ...others } = isList(requirement) ? { all: requirement } : requirement
    const lists: readonly unknown[] = [all, any].filter((list) => list !== undefined)
    // Spread, since `every` passes over the holes of a list.
    const known = lists.every((list) => Array.isArray(list) && [...list].every(isScope))
    if (lists.length > 0 && known && Object.keys(others).length === 0) return copyOf(all, any)
  }
  throw new TypeError('A requirement is a list of scopes, or { all, any } with lists of scopes')
}

const copyOf = (all: readonly string[] | undefined, any: readonly string[] | undefined): Requirement => ({
  all: all && [...all],
  any: any && [...any],
})

// RFC 6749 §3.3.
const isScope = (value: unknown) => typeof value === 'string' && /^[!#-[\]-~]+$/.test(value)

/**
 * Checks that what a token was granted meets a requirement.
 * @throws OAuthError `insufficient_scope` (RFC 6750 §3.1)
 */
export function requireScope(granted: readonly string[], requirement: Requirement): void {
  const { all, any } = readRequirement(requirement)
  const met = all.every((scope) => granted.includes(scope))
  if (met && (any === undefined || any.some((scope) => granted.includes(scope)))) return
  throw new OAuthError('insufficient_scope', 'The access token was not granted the scope this needs.', {
    check: 'scope',
    expected: any === undefined ? formatScope(all) : [...all, `one of (${formatScope(any)})`].join(' '),
    received: formatScope(granted),
  })
}

/** The scopes a challenge names: all that would help, each once, in the order of the requirement. */
export function scopesOf(requirement: Requirement): readonly string[] {
  const { all, any = [] } = readRequirement(requirement)
  return [...new Set([...all, ...any])]
}

interface AllAndAny {
  readonly all: readonly string[]
  readonly any: readonly string[] | undefined
}

function readRequirement(requirement: Requirement): AllAndAny {
  if (isList(requirement)) return { all: withoutHoles(requirement), any: undefined }
  const { all, any } = requirement
  if (all === undefined && any === undefined) throw new TypeError('A requirement of scopes says neither all nor any')
  return { all: withoutHoles(all ?? []), any: any && withoutHoles(any) }
}

function withoutHoles(list: readonly string[]): readonly string[] {
  // `every` passes over a hole as if it were met; `includes` does not.
  if ((list as readonly unknown[]).includes(undefined)) throw new TypeError('A requirement has a scope that is none')
  return list
}

// Array.isArray does not narrow a readonly array.
const isList = (requirement: Requirement): requirement is readonly string[] => Array.isArray(requirement)
