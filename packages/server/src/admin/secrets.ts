import { operations, type SecretRotation } from '@mintmark/protocol/admin'
import { isSecret } from '../domain/credential.ts'
import { proves } from '../domain/credential-state.ts'
import { defaultRotationOverlap } from '../registry/bodies.ts'
import { ChangeRefused } from '../registry/change-refused.ts'
import type { Place } from '../registry/kinds/kind.ts'
import type { WorkingState } from '../registry/state.ts'
import { credentialPlace, newCredential, type Step } from '../registry/steps.ts'
import { notFound } from './admin-problem.ts'
import { type Handler, handle } from './call.ts'
import { commitCall, committedAnswer, leftBy } from './commit.ts'
import type { AdminDependencies } from './dependencies.ts'
import { bodyOfEntity, createdSecretView, instant, secretView } from './views.ts'

/** The live secrets of a client that end no sooner than the overlap does: they are given that end. */
const endings = async (state: WorkingState, client: string, { overlap: given }: SecretRotation): Promise<Step[]> => {
  const overlap = given ?? (await state.settings())?.rotationOverlap ?? defaultRotationOverlap
  const end = state.now + overlap * 1000
  const credentials = (await state.client(client))?.credentials ?? []
  return credentials
    .filter(isSecret)
    .filter((credential) => proves(credential, state.now) && (credential.expires ?? Number.POSITIVE_INFINITY) > end)
    .map(({ id }) => ({ action: 'update', place: credentialPlace(client, id), patch: { expires: end } }))
}

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
      const { client } = call.parameters
      const step = await newCredential(client, call.input.secret ?? { type: 'generated' }, preparation)
      const steps = async (state: WorkingState) => [...(await endings(state, client, call.input)), step]
      return commitCall(changeSets, call, steps, {}, (outcome) => {
        const { body, revision } = leftBy(outcome, step.place)
        const shown = outcome.committed.secrets[0]?.secret
        const ending = outcome.committed.changes.flatMap(({ action, kind, id }) => {
          const left =
            kind === 'credential' && action === 'updated' ? outcome.left(credentialPlace(client, id)) : undefined
          return left === undefined ? [] : [{ id, expires: instant(Number(left.body.expires)) }]
        })
        return { body: { secret: createdSecretView(step.place.id, body, revision, clock.now(), shown), ending } }
      })
    }),
    handle(operations.deleteSecret, async (call) => {
      const place = credentialPlace(call.parameters.client, call.parameters.secret)
      const steps = deletionOf(place, (type) => type === 'secret')
      return commitCall(changeSets, call, steps, { of: place }, committedAnswer)
    }),
  ]
}
