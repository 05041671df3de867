import { usageFailure } from '../../failure.ts'
import { readList } from '../../values.ts'

type Permission = { api: string; scopes: string[]; defaultScopes: string[] }

/**
 * Permissions from `--permit API:SCOPE,SCOPE` and `--default SCOPE`. The scopes of an API that is named twice are added up.
 * @returns undefined when neither was given; an empty list for `--permit none`
 * @throws CommandFailure usage
 */
export const readPermissions = (permits: readonly string[], defaults: readonly string[]): Permission[] | undefined => {
  if (permits.length === 0) {
    if (defaults.length > 0) throw usageFailure('--default needs --permit: it says which of the scopes are default')
    return undefined
  }
  if (permits.length === 1 && permits[0] === 'none') return []
  const scopesOf = new Map<string, readonly string[]>()
  for (const permit of permits) {
    const colon = permit.indexOf(':')
    const scopes = colon > 0 ? readList([permit.slice(colon + 1)]) : []
    if (scopes.length === 0) {
      throw usageFailure(
        `--permit "${permit}" must be API:SCOPE,SCOPE`,
        'for example: --permit orders:orders:read,orders:write',
      )
    }
    const api = permit.slice(0, colon)
    scopesOf.set(api, readList([...(scopesOf.get(api) ?? []), ...scopes]))
  }
  const wanted = readList(defaults)
  const stray = wanted.find((scope) => ![...scopesOf.values()].some((scopes) => scopes.includes(scope)))
  if (stray !== undefined) throw usageFailure(`--default "${stray}" is not among the scopes permitted`)
  return [...scopesOf].map(([api, scopes]) => ({
    api,
    scopes: [...scopes],
    defaultScopes: scopes.filter((scope) => wanted.includes(scope)),
  }))
}
