import { operations } from '@mintmark/protocol/admin'
import { changeState } from '../registry/credential-transition.ts'
import { credentialPlace } from '../registry/steps.ts'
import { notFound } from './admin-problem.ts'
import { type Handler, handle } from './call.ts'
import { commitCall, committedAnswer } from './commit.ts'
import { callerView, credentialViews } from './credential-views.ts'
import type { AdminDependencies } from './dependencies.ts'

export const createCredentialHandlers = (deps: AdminDependencies): readonly Handler[] => {
  const { store, changeSets, flushUses, clock } = deps
  return [
    handle(operations.listCredentials, async ({ workspace, parameters: { client } }) => {
      await flushUses()
      const found = await store.configuration.readClient(workspace, client)
      if (found === undefined) throw notFound(`client ${client} in ${workspace}`)
      const uses = await store.credentialUse.listOfClient(workspace, client)
      return { body: { items: credentialViews(found.credentials, uses, clock.now()) } }
    }),
    handle(operations.changeCredentialState, async (call) => {
      const { client, credential } = call.parameters
      const { state, overlap } = call.input
      const place = credentialPlace(client, credential)
      return commitCall(changeSets, call, changeState(place, state, overlap), { of: place }, committedAnswer)
    }),
    handle(operations.listCallers, async ({ workspace, parameters: { client } }) => {
      await flushUses()
      const found = await store.configuration.readClient(workspace, client)
      if (found === undefined) throw notFound(`client ${client} in ${workspace}`)
      return { body: { items: (await store.credentialUse.listCallers(workspace, client)).map(callerView) } }
    }),
  ]
}
