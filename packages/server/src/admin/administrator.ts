import { bearerChallenge } from '@mintmark/protocol'
import type { AdminScope } from '@mintmark/protocol/admin'
import { AdminProblem } from './admin-problem.ts'

/** Who calls the admin API, and what the token allows. */
export type Administrator = {
  readonly client: string
  readonly credential: string
  /** `system/admin/{client}`, as in audit events. */
  readonly actor: string
  /** `read`, `write`, `secrets` for every tenant, or `read:{tenant}` … for one. */
  readonly scopes: ReadonlySet<string>
}

/** The tenant that administers the server itself: no role for one tenant reaches it. */
export const systemTenant = 'system'

/** Whether an administrator may do something to a tenant; without one, to the whole server. */
export const allows = ({ scopes }: Administrator, needed: AdminScope, tenant?: string): boolean =>
  scopes.has(needed) || (tenant !== undefined && tenant !== systemTenant && scopes.has(`${needed}:${tenant}`))

/** Whether an administrator may do something to at least one tenant. */
export const allowsSomewhere = (administrator: Administrator, needed: AdminScope): boolean =>
  [...administrator.scopes].some((scope) => scope === needed || scope.startsWith(`${needed}:`))

const forbidden = (needed: string, { scopes }: Administrator): AdminProblem =>
  new AdminProblem('forbidden', `The token does not allow this: it needs the scope ${needed}.`, {
    check: 'scope',
    expected: needed,
    received: [...scopes].join(' '),
    headers: {
      'www-authenticate': bearerChallenge({ realm: 'mintmark admin', error: 'insufficient_scope', scope: needed }),
    },
  })

/** @throws AdminProblem `forbidden` */
export const assertAllowed = (administrator: Administrator, needed: AdminScope, tenant?: string): void => {
  if (allows(administrator, needed, tenant)) return
  const ofTenant = tenant === undefined || tenant === systemTenant ? '' : ` or ${needed}:${tenant}`
  throw forbidden(`${needed}${ofTenant}`, administrator)
}

/** @throws AdminProblem `forbidden` */
export const assertAllowedSomewhere = (administrator: Administrator, needed: AdminScope): void => {
  if (!allowsSomewhere(administrator, needed)) throw forbidden(needed, administrator)
}
