import { operations } from '@mintmark/protocol/admin'
import type { WorkspaceKey } from '../domain/workspace.ts'
import { workspaceKey } from '../domain/workspace.ts'
import type { Outcome } from '../registry/change-set.ts'
import { bodyOf, workspacePlace } from '../registry/steps.ts'
import type { Store } from '../store/store.ts'
import { AdminProblem, notFound } from './admin-problem.ts'
import { allows, assertAllowed, systemTenant } from './administrator.ts'
import { type Handler, handle } from './call.ts'
import { commitCall, committedAnswer, leftBy } from './commit.ts'
import { defaultPageSize, pageOf } from './cursor.ts'
import type { AdminDependencies } from './dependencies.ts'
import { bodyOfEntity, workspaceView } from './views.ts'

/** @throws AdminProblem `conflict` for the tenant we have for ourselves, `not-found` for one there is not */
export const assertTenant = async (store: Store, tenant: string): Promise<void> => {
  if (tenant === systemTenant) {
    throw new AdminProblem('conflict', 'The tenant system is the server’s own.', { check: 'tenant-not-reserved' })
  }
  const tenants = await store.configuration.listTenants()
  if (!tenants.some(({ id }) => id === tenant)) throw notFound(`tenant ${tenant}`)
}

export const createWorkspaceHandlers = ({
  store,
  changeSets,
  issuers,
  cursors,
}: AdminDependencies): readonly Handler[] => {
  const render = (key: WorkspaceKey) => (outcome: Outcome) => {
    const { body, revision } = leftBy(outcome, workspacePlace(key))
    return { body: workspaceView(key, body, revision, issuers), etag: revision }
  }
  return [
    handle(operations.listWorkspaces, async ({ administrator, query }) => {
      const { limit = defaultPageSize, after, tenant } = query
      const list = JSON.stringify(['workspaces', tenant ?? ''])
      const place = after === undefined ? '' : cursors.read(list, after)
      const all = await store.configuration.listWorkspaceEntities()
      const seen = all.filter(({ workspace }) => {
        const [owner = ''] = workspace.split('/')
        return workspace > place && (tenant === undefined || owner === tenant) && allows(administrator, 'read', owner)
      })
      return {
        body: pageOf(
          seen,
          limit,
          (entity) => workspaceView(entity.workspace, bodyOfEntity(entity), entity.revision, issuers),
          ({ workspace }) => cursors.write(list, workspace),
        ),
      }
    }),
    handle(operations.createWorkspace, async (call) => {
      const { tenant, id, ...settings } = call.input
      assertAllowed(call.administrator, 'write', tenant)
      await assertTenant(store, tenant)
      const workspace = workspaceKey(tenant, id)
      const steps = [{ action: 'create', place: workspacePlace(workspace), body: bodyOf(settings) }] as const
      return commitCall(changeSets, call, steps, { workspace }, render(workspace))
    }),
    handle(operations.showWorkspace, async ({ workspace }) => {
      const found = await store.configuration.readEntity(workspace, 'workspace', workspace)
      if (found === undefined) throw notFound(`workspace ${workspace}`)
      return { body: workspaceView(workspace, bodyOfEntity(found), found.revision, issuers), etag: found.revision }
    }),
    handle(operations.updateWorkspace, async (call) => {
      const place = workspacePlace(call.workspace)
      const steps = [{ action: 'update', place, patch: call.input }] as const
      return commitCall(changeSets, call, steps, { of: place }, render(call.workspace))
    }),
    handle(operations.deleteWorkspace, async (call) => {
      const place = workspacePlace(call.workspace)
      return commitCall(changeSets, call, [{ action: 'delete', place }], { of: place }, committedAnswer)
    }),
  ]
}
