import { operations } from '@mintmark/protocol/admin'
import type { Outcome } from '../registry/change-set.ts'
import { apiPlace, bodyOf } from '../registry/steps.ts'
import { notFound } from './admin-problem.ts'
import { type Handler, handle } from './call.ts'
import { commitCall, committedAnswer, leftBy } from './commit.ts'
import type { AdminDependencies } from './dependencies.ts'
import { listEntities } from './list-entities.ts'
import { apiView, bodyOfEntity } from './views.ts'

const render = (id: string) => (outcome: Outcome) => {
  const { body, revision } = leftBy(outcome, apiPlace(id))
  return { body: apiView(id, body, revision), etag: revision }
}

export const createApiHandlers = ({ store, changeSets, cursors }: AdminDependencies): readonly Handler[] => [
  handle(operations.listApis, async ({ workspace, query }) => ({
    body: await listEntities({ store, cursors }, workspace, 'api', query, (entity) =>
      apiView(entity.id, bodyOfEntity(entity), entity.revision),
    ),
  })),
  handle(operations.createApi, async (call) => {
    const { id, ...given } = call.input
    const steps = [{ action: 'create', place: apiPlace(id), body: bodyOf(given) }] as const
    return commitCall(changeSets, call, steps, {}, render(id))
  }),
  handle(operations.showApi, async ({ workspace, parameters }) => {
    const found = await store.configuration.readEntity(workspace, 'api', parameters.api)
    if (found === undefined) throw notFound(`api ${parameters.api} in ${workspace}`)
    return { body: apiView(found.id, bodyOfEntity(found), found.revision), etag: found.revision }
  }),
  handle(operations.updateApi, async (call) => {
    const place = apiPlace(call.parameters.api)
    const steps = [{ action: 'update', place, patch: call.input }] as const
    return commitCall(changeSets, call, steps, { of: place }, render(place.id))
  }),
  handle(operations.deleteApi, async (call) => {
    const place = apiPlace(call.parameters.api)
    return commitCall(changeSets, call, [{ action: 'delete', place }], { of: place }, committedAnswer)
  }),
]
