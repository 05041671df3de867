import { OAuthError } from '@mintmark/protocol'
import type { Api } from '../domain/api.ts'
import type { Client } from '../domain/client.ts'
import type { Workspace } from '../domain/workspace.ts'
import { permits } from './scopes.ts'

/** Longest `resource` we look at, in characters. */
const maximumResourceLength = 512

const invalidTarget = (description: string, check: string, expected?: string, received?: string): OAuthError =>
  new OAuthError('invalid_target', description, { check, expected, received })

const assertResource = (resource: string): void => {
  const wellFormed =
    resource.length <= maximumResourceLength && !resource.includes('#') && /^[a-z][a-z0-9+.-]*:[^\s]+$/i.test(resource)
  if (!wellFormed) {
    throw invalidTarget('The resource must be an absolute URI without a fragment.', 'resource-well-formed')
  }
}

type AtLeastOne = readonly [Api, ...Api[]]

const asked = (workspace: Workspace, permitted: readonly Api[], resources: readonly string[]): AtLeastOne => {
  const chosen = [...new Set(resources)].map((resource) => {
    assertResource(resource)
    const api = permitted.find(({ audience }) => audience === resource)
    if (api === undefined) {
      throw invalidTarget(
        'The resource is unknown or not permitted.',
        'resource-permitted',
        permitted.map(({ audience }) => audience).join(' '),
        resource,
      )
    }
    return api
  })
  const [first, ...others] = chosen as [Api, ...Api[]]
  if (others.length > 0) {
    if (!workspace.multipleAudiences) {
      throw invalidTarget('A token is for one resource in this workspace.', 'one-resource', '1', String(chosen.length))
    }
    const alike = others.every((api) => api.tokenFormat === first.tokenFormat && api.algorithm === first.algorithm)
    if (!alike) {
      throw invalidTarget('These resources do not share a token format.', 'resources-alike')
    }
  }
  return [first, ...others]
}

/**
 * The APIs a token is for (RFC 8707): those named by `resource`, or the one that follows from scope and permissions. A
 * request that could mean several is refused: a token is never for more than was meant.
 * @throws OAuthError `invalid_target`, or `invalid_scope` when no permitted API knows a scope
 */
export const selectApis = (
  workspace: Workspace,
  apis: readonly Api[],
  client: Client,
  resources: readonly string[],
  scope: readonly string[] | undefined,
): AtLeastOne => {
  const permitted = apis.filter((api) => api.enabled && client.permissions.some(({ api: id }) => id === api.id))
  if (resources.length > 0) return asked(workspace, permitted, resources)
  const [only, ...more] = permitted
  if (only === undefined) {
    throw invalidTarget('The client is not permitted any resource.', 'any-resource-permitted')
  }
  if (more.length === 0) return [only]
  const permissionOf = (api: Api) => client.permissions.find(({ api: id }) => id === api.id)
  const fitting = permitted.filter((api) => {
    const permission = permissionOf(api)
    if (permission === undefined) return false
    return scope === undefined ? permission.defaultScopes.length > 0 : permits(permission, api, scope)
  })
  const [chosen, ...rivals] = fitting
  if (chosen !== undefined && rivals.length === 0) return [chosen]
  if (chosen === undefined && scope !== undefined) {
    throw new OAuthError('invalid_scope', 'A requested scope is unknown or not permitted.', {
      check: 'scope-of-one-resource',
      received: scope.join(' '),
    })
  }
  throw invalidTarget(
    'The request could mean several resources: name one with the resource parameter.',
    'resource-unambiguous',
    `one of ${(fitting.length > 0 ? fitting : permitted).map(({ audience }) => audience).join(' ')}`,
  )
}
