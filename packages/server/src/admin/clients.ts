import { operations } from '@mintmark/protocol/admin'
import type { Outcome } from '../registry/change-set.ts'
import { clientPlace, prepareChange } from '../registry/steps.ts'
import { notFound } from './admin-problem.ts'
import { assertAllowed } from './administrator.ts'
import { type Handler, handle } from './call.ts'
import { commitCall, committedAnswer, leftBy } from './commit.ts'
import type { AdminDependencies } from './dependencies.ts'
import { listEntities } from './list-entities.ts'
import { bodyOfEntity, clientView, createdSecretView } from './views.ts'

const render = (id: string) => (outcome: Outcome) => {
  const { body, revision } = leftBy(outcome, clientPlace(id))
  return { body: clientView(id, body, revision), etag: revision }
}

export const createClientHandlers = (deps: AdminDependencies): readonly Handler[] => {
  const { store, changeSets, cursors, preparation, clock } = deps
  return [
    handle(operations.listClients, async ({ workspace, query }) => ({
      body: await listEntities({ store, cursors }, workspace, 'client', query, (entity) =>
        clientView(entity.id, bodyOfEntity(entity), entity.revision),
      ),
    })),
    handle(operations.createClient, async (call) => {
      const { input, workspace } = call
      if (input.secret !== undefined) assertAllowed(call.administrator, 'secrets', call.parameters.tenant)
      const steps = await prepareChange(workspace, { action: 'create', kind: 'client', value: input }, preparation)
      const [client, credential] = steps
      if (client === undefined) throw new Error('a client without a step')
      return commitCall(changeSets, call, steps, {}, (outcome) => {
        const answer = render(client.place.id)(outcome)
        if (credential === undefined) return answer
        const { body, revision } = leftBy(outcome, credential.place)
        const shown = outcome.committed.secrets[0]?.secret
        const secret = createdSecretView(credential.place.id, body, revision, clock.now(), shown)
        return { ...answer, body: { ...answer.body, secret } }
      })
    }),
    handle(operations.showClient, async ({ workspace, parameters }) => {
      const found = await store.configuration.readEntity(workspace, 'client', parameters.client)
      if (found === undefined) throw notFound(`client ${parameters.client} in ${workspace}`)
      return { body: clientView(found.id, bodyOfEntity(found), found.revision), etag: found.revision }
    }),
    handle(operations.updateClient, async (call) => {
      const place = clientPlace(call.parameters.client)
      const steps = [{ action: 'update', place, patch: call.input }] as const
      return commitCall(changeSets, call, steps, { of: place }, render(place.id))
    }),
    handle(operations.deleteClient, async (call) => {
      const place = clientPlace(call.parameters.client)
      return commitCall(changeSets, call, [{ action: 'delete', place }], { of: place }, committedAnswer)
    }),
  ]
}
