import { operations } from '@mintmark/protocol/admin'
import { endOf } from '../domain/credential-state.ts'
import { ChangeRefused } from '../registry/change-refused.ts'
import type { Outcome } from '../registry/change-set.ts'
import type { Place } from '../registry/kinds/kind.ts'
import type { RotationBody } from '../registry/kinds/rotation.ts'
import { readRotation, rotationPlace, startRotation } from '../registry/rotation.ts'
import type { WorkingState } from '../registry/state.ts'
import { credentialPlace, newCredential, type Step } from '../registry/steps.ts'
import { notFound } from './admin-problem.ts'
import { type Handler, handle } from './call.ts'
import { commitCall, committedAnswer, leftBy } from './commit.ts'
import type { AdminDependencies } from './dependencies.ts'
import { rotationEvent } from './rotations.ts'
import { bodyOfEntity, createdSecretView, instant, secretView } from './views.ts'

/** Deletes a credential of some types; one of another is not there, as far as this resource goes. */
export const deletionOf =
  (place: Place, isOurs: (type: unknown) => boolean) =>
  async (state: WorkingState): Promise<readonly Step[]> => {
    const { after } = await state.read(place)
    if (after !== undefined && !isOurs(after.type)) {
      throw new ChangeRefused([
        { fault: 'missing', message: `credential ${place.id} of client ${place.parent} does not exist` },
      ])
    }
    return [{ action: 'delete', place }]
  }

export const createSecretHandlers = (deps: AdminDependencies): readonly Handler[] => {
  const { store, changeSets, preparation, clock } = deps
  return [
    handle(operations.listSecrets, async ({ workspace, parameters }) => {
      const found = await store.configuration.readClient(workspace, parameters.client)
      if (found === undefined) throw notFound(`client ${parameters.client} in ${workspace}`)
      const uses = await store.credentialUse.listOfClient(workspace, parameters.client)
      const items = found.credentials.flatMap((entity) => {
        const body = bodyOfEntity(entity)
        if (body.type !== 'secret') return []
        const use = uses.find(({ credential }) => credential === entity.id)
        return [secretView(entity.id, body, entity.revision, clock.now(), use)]
      })
      return { body: { items } }
    }),
    handle(operations.createSecret, async (call) => {
      const step = await newCredential(call.parameters.client, call.input, preparation)
      return commitCall(changeSets, call, [step], {}, (outcome) => {
        const { body, revision } = leftBy(outcome, step.place)
        const shown = outcome.committed.secrets[0]?.secret
        return { body: createdSecretView(step.place.id, body, revision, clock.now(), shown), etag: revision }
      })
    }),
    handle(operations.rotateSecret, async (call) => {
      const { workspace, input, administrator, address } = call
      const { client } = call.parameters
      const fresh = await newCredential(client, input.secret ?? { type: 'generated' }, preparation)
      const steps = startRotation({ client, fresh, overlap: input.overlap, lenient: true })
      const rotationBy = (outcome: Outcome): RotationBody | undefined => {
        const left = outcome.left(rotationPlace(client))
        const rotation = left && readRotation(left.body)
        return rotation?.fresh.includes(fresh.place.id) === true ? rotation : undefined
      }
      const also = (outcome: Outcome) => {
        const rotation = rotationBy(outcome)
        const by = { workspace, actor: administrator.actor, address }
        return rotation === undefined ? [] : [rotationEvent('rotation.started', by, client, rotation)]
      }
      return commitCall(changeSets, call, steps, { also }, (outcome) => {
        const { body, revision } = leftBy(outcome, fresh.place)
        const shown = outcome.committed.secrets[0]?.secret
        const ending = (rotationBy(outcome)?.old ?? []).flatMap(({ id }) => {
          const left = outcome.left(credentialPlace(client, id))
          return left === undefined ? [] : [{ id, expires: instant(endOf(left.body)) }]
        })
        return { body: { secret: createdSecretView(fresh.place.id, body, revision, clock.now(), shown), ending } }
      })
    }),
    handle(operations.deleteSecret, async (call) => {
      const place = credentialPlace(call.parameters.client, call.parameters.secret)
      const steps = deletionOf(place, (type) => type === 'secret')
      return commitCall(changeSets, call, steps, { of: place }, committedAnswer)
    }),
  ]
}
