import { OAuthError } from '@mintmark/protocol'
import type { Api } from '../domain/api.ts'
import type { Client, Permission } from '../domain/client.ts'

/**
 * Whether a permitted scope covers one that is asked for: the same name, or a name ending in `*` whose stem the asked one
 * continues (`orders:*` covers `orders:read`). A star that is asked for covers nothing: tokens carry concrete scopes.
 */
export const scopeCovers = (permitted: string, asked: string): boolean => {
  if (asked.includes('*')) return false
  if (!permitted.endsWith('*')) return permitted === asked
  const stem = permitted.slice(0, -1)
  return asked.length > stem.length && asked.startsWith(stem)
}

/** Whether a permission and the API's definitions both cover every scope. */
export const permits = (permission: Permission, api: Api, scope: readonly string[]): boolean =>
  scope.every(
    (asked) =>
      permission.scopes.some((permitted) => scopeCovers(permitted, asked)) &&
      api.scopes.some(({ name }) => scopeCovers(name, asked)),
  )

const permissionFor = (client: Client, api: Api): Permission | undefined =>
  client.permissions.find((permission) => permission.api === api.id)

/**
 * Whether a token for these APIs may carry a scope: one of them permits it, and none of them defines it without permitting
 * it. A scope is only a name: in a token for several APIs each of them takes it for its own.
 */
const grantable = (client: Client, apis: readonly Api[], scope: string): boolean => {
  let permitted = false
  for (const api of apis) {
    const permission = permissionFor(client, api)
    if (permission !== undefined && permits(permission, api, [scope])) permitted = true
    else if (api.scopes.some(({ name }) => scopeCovers(name, scope))) return false
  }
  return permitted
}

/**
 * The scope a token is granted (RFC 6749 §3.3): exactly what was asked, or the defaults of the client's permissions when
 * nothing was. Never less than asked: one scope that is not permitted fails the request.
 * @throws OAuthError `invalid_scope`
 */
export const grantScope = (
  client: Client,
  apis: readonly Api[],
  asked: readonly string[] | undefined,
): readonly string[] => {
  if (asked === undefined) {
    const defaults = apis.flatMap((api) => permissionFor(client, api)?.defaultScopes ?? [])
    return [...new Set(defaults)].filter((scope) => grantable(client, apis, scope))
  }
  const missing = asked.filter((scope) => !grantable(client, apis, scope))
  if (missing.length > 0) {
    throw new OAuthError('invalid_scope', 'A requested scope is unknown or not permitted.', {
      check: 'scope-permitted',
      expected: apis.flatMap((api) => permissionFor(client, api)?.scopes ?? []).join(' '),
      received: missing.join(' '),
    })
  }
  return asked
}
