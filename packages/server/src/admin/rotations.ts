import {
  type CredentialView,
  type Operation,
  operations,
  type Rotated,
  type RotationInput,
  type RotationView,
} from '@mintmark/protocol/admin'
import type { AuditEvent } from '../audit/events.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import { ChangeRefused } from '../registry/change-refused.ts'
import type { Outcome } from '../registry/change-set.ts'
import { type Fault, rule } from '../registry/kinds/kind.ts'
import type { RotationBody } from '../registry/kinds/rotation.ts'
import {
  cancelRotation,
  completeRotation,
  isReversible,
  isUnderWay,
  overSince,
  readRotation,
  rotationPlace,
  startRotation,
} from '../registry/rotation.ts'
import { leftOf, nameCaller, type RetirementUse, readRetirement } from '../registry/rotation-use.ts'
import type { WorkingState } from '../registry/state.ts'
import {
  type Creation,
  credentialPlace,
  newClientKey,
  newCredential,
  newFederation,
  type Step,
} from '../registry/steps.ts'
import { notFound } from './admin-problem.ts'
import { type Answer, type Call, type Handler, handle } from './call.ts'
import { commitCall, leftBy } from './commit.ts'
import { callerView, credentialView, credentialViews } from './credential-views.ts'
import type { AdminDependencies } from './dependencies.ts'
import { bodyOfEntity, instant } from './views.ts'

/** The calls that retire something: they differ in what. */
type Retirement = Omit<typeof operations.completeRotation, 'name' | 'path' | 'summary'> &
  Pick<Operation, 'name' | 'summary'> & {
    readonly path: `${string}{tenant}${string}{workspace}${string}{client}${string}`
  }

type EventType = Extract<AuditEvent, { readonly type: `rotation.${string}` }>['type']

const idsOf = ({ old }: RotationBody): readonly string[] => old.map(({ id }) => id)

/** What the log says of a rotation. */
export const rotationEvent = (
  type: EventType,
  by: { readonly workspace: WorkspaceKey; readonly actor: string; readonly address?: string },
  client: string,
  rotation: RotationBody,
  more: { readonly left?: ReturnType<typeof leftOf>; readonly forced?: boolean } = {},
): AuditEvent => ({
  type,
  ...by,
  client,
  fresh: rotation.fresh,
  old: idsOf(rotation),
  until: instant(overSince(rotation)),
  ...more,
})

/** Refuses to retire what somebody may still need, and names them. @throws ChangeRefused */
const assertUnused = (client: string, use: RetirementUse | undefined): void => {
  if (use === undefined || use.safe) return
  const from = instant(use.safeFrom)
  const message = `callers of client ${client} used what would be retired within three token lifetimes: safe from ${from}, or with force`
  const faults: readonly Fault[] = [
    { fault: 'used', message },
    ...leftOf(use).map((caller): Fault => ({ fault: 'used', message: nameCaller(caller) })),
  ]
  throw new ChangeRefused(faults)
}

export const createRotationHandlers = (deps: AdminDependencies): readonly Handler[] => {
  const { store, changeSets, preparation, flushUses, clock } = deps

  const freshOf = async (client: string, input: RotationInput): Promise<Creation | string> => {
    const { secret, key, federation, staged } = input
    const given = [secret, key, federation, staged].filter((one) => one !== undefined)
    if (given.length > 1) throw new ChangeRefused([rule('a rotation brings one new credential')])
    if (staged !== undefined) return staged
    if (secret?.staged === true || key?.staged === true || federation?.staged === true) {
      throw new ChangeRefused([rule('the new credential of a rotation is live at once')])
    }
    if (key !== undefined) return newClientKey(client, key, preparation)
    if (federation !== undefined) return newFederation(client, federation, preparation)
    return newCredential(client, secret ?? { type: 'generated' }, preparation)
  }

  const view = async (workspace: WorkspaceKey, client: string): Promise<RotationView> => {
    await flushUses()
    const now = clock.now()
    const entity = await store.configuration.readEntity(workspace, 'rotation', client)
    const found = await store.configuration.readClient(workspace, client)
    if (found === undefined) throw notFound(`client ${client} in ${workspace}`)
    const rotation = entity && readRotation(bodyOfEntity(entity))
    if (rotation === undefined || !isReversible(rotation, now)) {
      throw notFound(`rotation of client ${client}`)
    }
    const use = await readRetirement(store, workspace, client, idsOf(rotation), now)
    if (use === undefined) throw notFound(`client ${client} in ${workspace}`)
    const uses = await store.credentialUse.listOfClient(workspace, client)
    const credentials = credentialViews(found.credentials, uses, now)
    return {
      client,
      state: isUnderWay(rotation, now) ? 'under-way' : 'over',
      started: instant(rotation.started),
      until: instant(overSince(rotation)),
      fresh: credentials.filter(({ id }) => rotation.fresh.includes(id)),
      old: credentials.filter(({ id }) => idsOf(rotation).includes(id)),
      safe: use.safe,
      safeFrom: instant(use.safeFrom),
      tokenLifetime: use.lifetime,
      callers: use.callers.map((caller) => ({
        ...callerView(caller),
        waiting: caller.waiting,
        moved: caller.moved,
      })),
    }
  }

  /** What became of a rotation's credentials, from the change set alone: it is kept under the caller's idempotency key. */
  const rotatedView = (client: string, rotation: RotationBody, outcome: Outcome): Rotated => {
    const now = clock.now()
    const viewOf = (id: string): CredentialView[] => {
      const left = outcome.left(credentialPlace(client, id))
      return left === undefined ? [] : [credentialView(id, left.body, left.revision, now, undefined)]
    }
    const secret = outcome.committed.secrets[0]?.secret
    return {
      client,
      until: instant(overSince(rotation)),
      fresh: rotation.fresh.flatMap(viewOf),
      old: idsOf(rotation).flatMap(viewOf),
      ...(secret === undefined ? {} : { secret }),
    }
  }

  /** Retires some of a rotation's credentials, refused while somebody may need them. */
  const retire = async (
    call: Call<Retirement>,
    type: EventType,
    retired: (rotation: RotationBody) => readonly string[],
    stepsOf: (client: string) => (state: WorkingState) => Promise<readonly Step[]>,
    after: (rotation: RotationBody, now: number) => RotationBody,
  ): Promise<Answer<Rotated>> => {
    const { workspace, administrator, address } = call
    const { client } = call.parameters
    const { force = false } = call.input
    await flushUses()
    let reached: { readonly rotation: RotationBody; readonly use: RetirementUse } | undefined
    const steps = async (state: WorkingState): Promise<readonly Step[]> => {
      const made = await stepsOf(client)(state)
      const rotation = readRotation((await state.read(rotationPlace(client))).after ?? {})
      const use = await readRetirement(store, workspace, client, retired(rotation), state.now)
      if (use === undefined) throw notFound(`client ${client} in ${workspace}`)
      if (!force) assertUnused(client, use)
      reached = { rotation: after(rotation, state.now), use }
      return made
    }
    const known = () => {
      if (reached === undefined) throw new Error('a rotation was committed that was not read')
      return reached
    }
    const also = (): readonly AuditEvent[] => {
      const { rotation, use } = known()
      const by = { workspace, actor: administrator.actor, address }
      return [rotationEvent(type, by, client, rotation, { left: leftOf(use), forced: !use.safe })]
    }
    return commitCall(changeSets, call, steps, { also }, (outcome) => ({
      body: rotatedView(client, known().rotation, outcome),
    }))
  }

  return [
    handle(operations.startRotation, async (call) => {
      const { workspace, input, administrator, address } = call
      const { client } = call.parameters
      const { overlap, replaces } = input
      const steps = startRotation({ client, fresh: await freshOf(client, input), replaces, overlap })
      const rotationBy = (outcome: Outcome) => readRotation(leftBy(outcome, rotationPlace(client)).body)
      const by = { workspace, actor: administrator.actor, address }
      const also = (outcome: Outcome) => [rotationEvent('rotation.started', by, client, rotationBy(outcome))]
      return commitCall(changeSets, call, steps, { also }, (outcome) => ({
        body: rotatedView(client, rotationBy(outcome), outcome),
      }))
    }),
    handle(operations.showRotation, async ({ workspace, parameters: { client } }) => ({
      body: await view(workspace, client),
    })),
    handle(operations.completeRotation, (call) =>
      retire(call, 'rotation.completed', idsOf, completeRotation, (rotation, now) => ({ ...rotation, completed: now })),
    ),
    handle(operations.cancelRotation, (call) =>
      retire(
        call,
        'rotation.cancelled',
        ({ fresh }) => fresh,
        cancelRotation,
        (rotation) => rotation,
      ),
    ),
  ]
}
