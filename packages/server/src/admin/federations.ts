import { operations } from '@mintmark/protocol/admin'
import { credentialPlace, newFederation } from '../registry/steps.ts'
import { notFound } from './admin-problem.ts'
import { type Handler, handle } from './call.ts'
import { commitCall, committedAnswer, leftBy } from './commit.ts'
import type { AdminDependencies } from './dependencies.ts'
import { assertWorkspace } from './list-entities.ts'
import { deletionOf } from './secrets.ts'
import { bodyOfEntity, federationView } from './views.ts'

const isFederated = (type: unknown): boolean => type === 'federated'

export const createFederationHandlers = (deps: AdminDependencies): readonly Handler[] => {
  const { store, changeSets, preparation, explainFederation, clock } = deps
  return [
    handle(operations.listFederations, async ({ workspace, parameters }) => {
      const found = await store.configuration.readClient(workspace, parameters.client)
      if (found === undefined) throw notFound(`client ${parameters.client} in ${workspace}`)
      const uses = await store.credentialUse.listOfClient(workspace, parameters.client)
      const items = found.credentials.flatMap((entity) => {
        const body = bodyOfEntity(entity)
        if (!isFederated(body.type)) return []
        const use = uses.find(({ credential }) => credential === entity.id)
        return [federationView(entity.id, body, entity.revision, clock.now(), use)]
      })
      return { body: { items } }
    }),
    handle(operations.createFederation, async (call) => {
      const step = newFederation(call.parameters.client, call.input, preparation)
      return commitCall(changeSets, call, [step], {}, (outcome) => {
        const { body, revision } = leftBy(outcome, step.place)
        return { body: federationView(step.place.id, body, revision, clock.now(), undefined), etag: revision }
      })
    }),
    handle(operations.deleteFederation, async (call) => {
      const place = credentialPlace(call.parameters.client, call.parameters.federation)
      return commitCall(changeSets, call, deletionOf(place, isFederated), { of: place }, committedAnswer)
    }),
    handle(operations.testFederation, async ({ workspace, input }) => {
      await assertWorkspace(store, workspace)
      return { body: await explainFederation(workspace, input.token) }
    }),
  ]
}
