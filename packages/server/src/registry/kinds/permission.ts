import type { Api } from '../../domain/api.ts'
import type { Permission } from '../../domain/client.ts'
import { scopeCovers } from '../../policy/scopes.ts'
import { type Fault, rule } from './kind.ts'

/** Whether an API defines what a permission names: the scope itself, or for `orders:*` any scope it would cover. */
export const permissionCovered = (api: Api, scope: string): boolean =>
  api.scopes.some(
    ({ name }) =>
      name === scope || scopeCovers(name, scope) || (scope.endsWith('*') && name.startsWith(scope.slice(0, -1))),
  )

/** What is wrong with a client's permissions, seen from the APIs there would be. */
export const checkPermissions = (client: string, permissions: readonly Permission[], apis: readonly Api[]): Fault[] =>
  permissions.flatMap((permission, index) => {
    const path = `/permissions/${index}`
    const api = apis.find(({ id }) => id === permission.api)
    if (api === undefined) return [rule(`client ${client}: there is no api ${permission.api}`, `${path}/api`)]
    const faults: Fault[] = []
    if (permissions.findIndex((other) => other.api === permission.api) !== index) {
      faults.push(rule(`client ${client}: the api ${permission.api} is named twice`, `${path}/api`))
    }
    for (const scope of permission.scopes.filter((name) => !permissionCovered(api, name))) {
      faults.push(rule(`client ${client}: api ${api.id} has no scope ${scope}`, `${path}/scopes`))
    }
    const beyond = permission.defaultScopes.filter(
      (scope) => !permission.scopes.some((permitted) => scopeCovers(permitted, scope)),
    )
    for (const scope of beyond) {
      faults.push(rule(`client ${client}: the default scope ${scope} is not permitted`, `${path}/defaultScopes`))
    }
    return faults
  })
