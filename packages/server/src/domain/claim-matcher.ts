/** What a claim of a platform's token must be. */
export type ClaimMatcher = {
  /** The name of a claim, or a JSON pointer (RFC 6901) to a nested one: `/kubernetes.io/namespace`. */
  readonly claim: string
} & (
  | { readonly equals: string | number | boolean }
  /** What its text begins with. */
  | { readonly prefix: string }
  /** `*` stands for any text without `/` and `:`, `**` for any text. */
  | { readonly glob: string }
)

export type Claims = Readonly<Record<string, unknown>>

/** The names on the way to a claim. */
const pathOf = (claim: string): readonly string[] =>
  claim.startsWith('/')
    ? claim
        .slice(1)
        .split('/')
        .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    : [claim]

/** The value of a claim: members of objects alone, and only what the token itself says. */
export const claimAt = (claims: Claims, claim: string): unknown => {
  let value: unknown = claims
  for (const name of pathOf(claim)) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
      return undefined
    value = (value as Claims)[name]
  }
  return value
}

/**
 * Whether a claim is as a matcher says, character by character: nothing is folded, trimmed or normalised, a list never
 * matches, and a number is not its digits.
 */
export const claimMatches = (claims: Claims, matcher: ClaimMatcher): boolean => {
  const value = claimAt(claims, matcher.claim)
  if ('equals' in matcher) return value === matcher.equals
  if (typeof value !== 'string' || value.length > longestText) return false
  return 'prefix' in matcher ? value.startsWith(matcher.prefix) : globMatches(matcher.glob, value)
}

/** Longer claims match no pattern: what is looked at stays small. */
const longestText = 2048

type GlobPart = { readonly text: string } | { readonly star: 'segment' | 'any' }

const globParts = (glob: string): readonly GlobPart[] =>
  glob
    .split(/(\*+)/)
    .filter((part) => part !== '')
    .map((part) => (part.startsWith('*') ? { star: part.length > 1 ? 'any' : 'segment' } : { text: part }))

/** Follows every place the pattern could have reached at once, so that no claim makes it slow. */
const globMatches = (glob: string, value: string): boolean => {
  let reached = new Set([0])
  for (const part of globParts(glob)) {
    const next = new Set<number>()
    for (const start of reached) {
      if ('text' in part) {
        if (value.startsWith(part.text, start)) next.add(start + part.text.length)
        continue
      }
      for (let end = start; end <= value.length && !next.has(end); end += 1) {
        next.add(end)
        if (part.star === 'segment' && (value[end] === '/' || value[end] === ':')) break
      }
    }
    reached = next
  }
  return reached.has(value.length)
}
