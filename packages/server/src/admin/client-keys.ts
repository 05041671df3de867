import { operations } from '@mintmark/protocol/admin'
import type { AuditEvent } from '../audit/events.ts'
import type { WorkingState } from '../registry/state.ts'
import { credentialPlace, newClientKey, type Step } from '../registry/steps.ts'
import { notFound } from './admin-problem.ts'
import { type Handler, handle } from './call.ts'
import { commitCall, committedAnswer, leftBy } from './commit.ts'
import type { AdminDependencies } from './dependencies.ts'
import { deletionOf } from './secrets.ts'
import { bodyOfEntity, clientKeyView } from './views.ts'

/** Everything that proves a client but secrets: its keys, where it publishes keys, and its certificates. */
const isKey = (type: unknown): boolean => type !== 'secret' && type !== 'federated'

export const createClientKeyHandlers = (deps: AdminDependencies): readonly Handler[] => {
  const { store, changeSets, preparation, clock } = deps
  return [
    handle(operations.listClientKeys, async ({ workspace, parameters }) => {
      const found = await store.configuration.readClient(workspace, parameters.client)
      if (found === undefined) throw notFound(`client ${parameters.client} in ${workspace}`)
      const uses = await store.credentialUse.listOfClient(workspace, parameters.client)
      const items = found.credentials.flatMap((entity) => {
        const body = bodyOfEntity(entity)
        if (!isKey(body.type)) return []
        const use = uses.find(({ credential }) => credential === entity.id)
        return [clientKeyView(entity.id, body, entity.revision, clock.now(), use)]
      })
      return { body: { items } }
    }),
    handle(operations.createClientKey, async (call) => {
      const step = newClientKey(call.parameters.client, call.input, preparation)
      return commitCall(changeSets, call, [step], {}, (outcome) => {
        const { body, revision } = leftBy(outcome, step.place)
        return { body: clientKeyView(step.place.id, body, revision, clock.now(), undefined), etag: revision }
      })
    }),
    handle(operations.unfreezeClientKey, async (call) => {
      const { client, key } = call.parameters
      const place = credentialPlace(client, key)
      const steps = async (state: WorkingState): Promise<readonly Step[]> => {
        const { after } = await state.read(place)
        if (after === undefined || !isKey(after.type)) throw notFound(`key ${key} of client ${client}`)
        return [{ action: 'update', place, patch: { frozen: null } }]
      }
      const also = (): readonly AuditEvent[] => [
        {
          type: 'client-keys.unfrozen',
          workspace: call.workspace,
          actor: call.administrator.actor,
          address: call.address,
          client,
          credentials: [key],
        },
      ]
      return commitCall(changeSets, call, steps, { of: place, also }, (outcome) => {
        const { body, revision } = leftBy(outcome, place)
        return { body: clientKeyView(key, body, revision, clock.now(), undefined), etag: revision }
      })
    }),
    handle(operations.deleteClientKey, async (call) => {
      const place = credentialPlace(call.parameters.client, call.parameters.key)
      return commitCall(changeSets, call, deletionOf(place, isKey), { of: place }, committedAnswer)
    }),
  ]
}
