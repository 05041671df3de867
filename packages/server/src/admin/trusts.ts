import { operations } from '@mintmark/protocol/admin'
import type { Outcome } from '../registry/change-set.ts'
import { prepareChange, trustPlace } from '../registry/steps.ts'
import { notFound } from './admin-problem.ts'
import { type Handler, handle } from './call.ts'
import { commitCall, committedAnswer, leftBy } from './commit.ts'
import type { AdminDependencies } from './dependencies.ts'
import { listEntities } from './list-entities.ts'
import { bodyOfEntity, trustView } from './views.ts'

const render = (id: string) => (outcome: Outcome) => {
  const { body, revision } = leftBy(outcome, trustPlace(id))
  return { body: trustView(id, body, revision), etag: revision }
}

export const createTrustHandlers = (deps: AdminDependencies): readonly Handler[] => {
  const { store, changeSets, cursors, preparation } = deps
  return [
    handle(operations.listTrusts, async ({ workspace, query }) => ({
      body: await listEntities({ store, cursors }, workspace, 'trust', query, (entity) =>
        trustView(entity.id, bodyOfEntity(entity), entity.revision),
      ),
    })),
    handle(operations.createTrust, async (call) => {
      const { workspace, input: value } = call
      const steps = await prepareChange(workspace, { action: 'create', kind: 'trust', value }, preparation)
      return commitCall(changeSets, call, steps, {}, render(value.id))
    }),
    handle(operations.showTrust, async ({ workspace, parameters }) => {
      const found = await store.configuration.readEntity(workspace, 'trust', parameters.trust)
      if (found === undefined) throw notFound(`trust ${parameters.trust} in ${workspace}`)
      return { body: trustView(found.id, bodyOfEntity(found), found.revision), etag: found.revision }
    }),
    handle(operations.updateTrust, async (call) => {
      const { workspace, input: value, parameters } = call
      const id = parameters.trust
      const steps = await prepareChange(workspace, { action: 'update', kind: 'trust', id, value }, preparation)
      return commitCall(changeSets, call, steps, { of: trustPlace(id) }, render(id))
    }),
    handle(operations.deleteTrust, async (call) => {
      const place = trustPlace(call.parameters.trust)
      return commitCall(changeSets, call, [{ action: 'delete', place }], { of: place }, committedAnswer)
    }),
  ]
}
