import { operations, type Tenant } from '@mintmark/protocol/admin'
import { auditRow } from '../audit/record.ts'
import type { TenantRow } from '../store/store.ts'
import { AdminProblem, notFound } from './admin-problem.ts'
import { allows, assertAllowed, systemTenant } from './administrator.ts'
import { type Handler, handle } from './call.ts'
import { defaultPageSize, pageOf } from './cursor.ts'
import type { AdminDependencies } from './dependencies.ts'
import { instant } from './views.ts'

const view = ({ id, displayName, created }: TenantRow): Tenant => ({ id, displayName, created: instant(created) })

export const createTenantHandlers = ({ store, cursors, clock }: AdminDependencies): readonly Handler[] => [
  handle(operations.listTenants, async ({ administrator, query }) => {
    const { limit = defaultPageSize, after } = query
    const place = after === undefined ? '' : cursors.read('tenants', after)
    const seen = (await store.configuration.listTenants()).filter(
      ({ id }) => id > place && allows(administrator, 'read', id),
    )
    return { body: pageOf(seen, limit, view, ({ id }) => cursors.write('tenants', id)) }
  }),
  handle(operations.createTenant, async ({ administrator, input, address }) => {
    assertAllowed(administrator, 'write')
    const { id, displayName = id } = input
    const row = { id, displayName, created: clock.now() }
    const { actor } = administrator
    const event = auditRow({ type: 'tenant.created', actor, address, tenant: id }, row.created)
    if (id === systemTenant || (await store.changes.createTenant(row, [event])) === 'exists') {
      throw new AdminProblem('conflict', `The tenant ${id} exists already.`, { check: 'tenant-new', received: id })
    }
    return { body: view(row) }
  }),
  handle(operations.showTenant, async ({ parameters }) => {
    const found = (await store.configuration.listTenants()).find(({ id }) => id === parameters.tenant)
    if (found === undefined) throw notFound(`tenant ${parameters.tenant}`)
    return { body: view(found) }
  }),
]
