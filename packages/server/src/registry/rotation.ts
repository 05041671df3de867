import type { Client } from '../domain/client.ts'
import type { Credential } from '../domain/credential.ts'
import { credentialState, endOf, isLasting, proves, retiredGrace } from '../domain/credential-state.ts'
import { defaultRotationOverlap } from './bodies.ts'
import { ChangeRefused } from './change-refused.ts'
import { successorsOf } from './key-lineage.ts'
import type { Body, Fault, Place } from './kinds/kind.ts'
import type { RotationBody } from './kinds/rotation.ts'
import type { WorkingState } from './state.ts'
import { type Creation, credentialPlace, type Step } from './steps.ts'

/** A client has one rotation at the most, by its own id. */
export const rotationPlace = (client: string): Place => ({ kind: 'rotation', id: client, parent: client })

export const readRotation = (body: Body): RotationBody => body as unknown as RotationBody

/** Whether the old credentials still drain. */
export const isUnderWay = ({ until, completed }: RotationBody, now: number): boolean =>
  completed === undefined && until > now

/** When the old credentials were retired, of a rotation that is over. */
export const overSince = ({ until, completed }: RotationBody): number => Math.min(until, completed ?? until)

/** Whether it can be cancelled: as long as what it retired can be brought back. */
export const isReversible = (rotation: RotationBody, now: number): boolean =>
  isUnderWay(rotation, now) || overSince(rotation) + retiredGrace > now

/** Credentials that stand in for one another. */
const families = {
  secret: 'secret',
  key: 'key',
  'key-set': 'key',
  certificate: 'certificate',
  'certificate-subject': 'certificate',
  federated: 'federated identity',
} as const satisfies Record<Credential['type'], string>

const refuse = (fault: Fault['fault'], message: string): ChangeRefused => new ChangeRefused([{ fault, message }])

export type RotationStart = {
  readonly client: string
  /** The creation of the new credential, or the id of a staged one. */
  readonly fresh: Creation | string
  /** Ids of those it replaces; undefined: the live ones of its kind. */
  readonly replaces?: readonly string[] | undefined
  /** Seconds; undefined: what the workspace says. */
  readonly overlap: number | undefined
  /**
   * Whether one that is under way is carried on with, and a client without an old credential just gets the new one: as rotating
   * secrets always did.
   */
  readonly lenient?: true
}

/** The step that makes the new credential live, and what kind it is of. */
const freshStep = (client: Client, fresh: RotationStart['fresh'], now: number) => {
  if (typeof fresh !== 'string') return { id: fresh.place.id, step: fresh, type: fresh.body.type as Credential['type'] }
  const staged = client.credentials.find(({ id }) => id === fresh)
  if (staged === undefined || !isLasting(staged, now) || credentialState(staged, now) !== 'staged') {
    throw refuse('missing', `client ${client.id} has no staged credential ${fresh}`)
  }
  const step: Step = { action: 'update', place: credentialPlace(client.id, fresh), patch: { staged: null } }
  return { id: fresh, step, type: staged.type }
}

const replacedBy = (
  client: Client,
  type: Credential['type'],
  { replaces, lenient }: RotationStart,
  now: number,
): readonly Credential[] => {
  const live = client.credentials.filter((one) => isLasting(one, now) && credentialState(one, now) === 'live')
  if (replaces !== undefined) {
    return replaces.map((id) => {
      const found = live.find((one) => one.id === id)
      if (found === undefined) throw refuse('missing', `client ${client.id} has no live credential ${id}`)
      return found
    })
  }
  const family = families[type]
  const old = live.filter((one) => families[one.type] === family)
  if (old.length === 0 && lenient !== true) {
    throw refuse(
      'rule',
      `client ${client.id} has no live ${family} to rotate: say which credential the new one replaces`,
    )
  }
  if (old.length > 1 && family !== 'secret') {
    const ids = old.map(({ id }) => id).join(', ')
    throw refuse('rule', `client ${client.id} has several live ${family}s: say which the new one replaces (${ids})`)
  }
  return old
}

/** The new credential live, the old ones draining, and the rotation that remembers it. @throws ChangeRefused */
export const startRotation =
  (start: RotationStart) =>
  async (state: WorkingState): Promise<readonly Step[]> => {
    const { now } = state
    const client = await state.client(start.client)
    if (client === undefined) throw refuse('missing', `client ${start.client} does not exist`)
    const place = rotationPlace(client.id)
    const { after } = await state.read(place)
    const open = after === undefined ? undefined : readRotation(after)
    if (open !== undefined && isUnderWay(open, now) && start.lenient !== true) {
      const until = new Date(open.until).toISOString()
      throw refuse('used', `a rotation of client ${client.id} is under way until ${until}: complete or cancel it first`)
    }
    const overlap = start.overlap ?? (await state.settings())?.rotationOverlap ?? defaultRotationOverlap
    const until = now + overlap * 1000
    const fresh = freshStep(client, start.fresh, now)
    const old = replacedBy(client, fresh.type, start, now)
    // With several rotations of secrets at once those that drain longer than this one would are hurried.
    const hurried =
      start.lenient === true
        ? client.credentials.filter(
            (one) => one.type === 'secret' && proves(one, now) && (one.drainsUntil ?? 0) > until,
          )
        : []
    const ending = [...old, ...hurried]
    const body: RotationBody = {
      started: now,
      until,
      fresh: [fresh.id],
      old: ending.map(({ id, drainsUntil }) => ({ id, ...(drainsUntil === undefined ? {} : { drainsUntil }) })),
    }
    return [
      ...ending.map(
        ({ id }): Step => ({
          action: 'update',
          place: credentialPlace(client.id, id),
          patch: { drainsUntil: until },
        }),
      ),
      fresh.step,
      ...(ending.length === 0 ? [] : [{ action: 'put', place, body } as const]),
    ]
  }

/** The rotation of a client that can still be cancelled. @throws ChangeRefused when there is none */
const reversible = async (state: WorkingState, client: string): Promise<RotationBody> => {
  const { after } = await state.read(rotationPlace(client))
  const rotation = after === undefined ? undefined : readRotation(after)
  if (rotation !== undefined && isReversible(rotation, state.now)) return rotation
  throw refuse('missing', `there is no rotation of client ${client}`)
}

const find = async (state: WorkingState, client: string, id: string): Promise<Credential | undefined> =>
  (await state.client(client))?.credentials.find((one) => one.id === id)

/** The old credentials retired before their end. @throws ChangeRefused */
export const completeRotation =
  (client: string) =>
  async (state: WorkingState): Promise<readonly Step[]> => {
    const rotation = await reversible(state, client)
    if (!isUnderWay(rotation, state.now)) {
      throw refuse('used', `the rotation of client ${client} is over: its old credentials are retired`)
    }
    const steps: Step[] = []
    for (const { id } of rotation.old) {
      const credential = await find(state, client, id)
      if (credential === undefined || credentialState(credential, state.now) === 'retired') continue
      steps.push({
        action: 'update',
        place: credentialPlace(client, id),
        patch: { retired: state.now, drainsUntil: null },
      })
    }
    return [...steps, { action: 'update', place: rotationPlace(client), patch: { completed: state.now } }]
  }

/** The old credentials as they were before, and the new ones retired. @throws ChangeRefused */
export const cancelRotation =
  (client: string) =>
  async (state: WorkingState): Promise<readonly Step[]> => {
    const rotation = await reversible(state, client)
    const steps: Step[] = []
    for (const id of rotation.fresh) {
      const credential = await find(state, client, id)
      if (credential === undefined) continue
      // It would go on to prove the client, though what it came from was taken back.
      const [after] = await successorsOf(state, client, id)
      if (after !== undefined) {
        throw refuse('used', `credential ${id} was rolled over to credential ${after.id}: retire it first`)
      }
      if (!isLasting(credential, state.now)) continue
      steps.push({
        action: 'update',
        place: credentialPlace(client, id),
        patch: { retired: state.now, drainsUntil: null, staged: null },
      })
    }
    let back = 0
    for (const { id, drainsUntil = null } of rotation.old) {
      const credential = await find(state, client, id)
      if (credential === undefined) continue
      steps.push({ action: 'update', place: credentialPlace(client, id), patch: { retired: null, drainsUntil } })
      if ((credential.expires ?? Number.POSITIVE_INFINITY) > state.now) back += 1
    }
    // Without this a client would be left with nothing that proves it.
    if (back === 0) throw refuse('used', `no old credential of client ${client} is left to go back to`)
    return [...steps, { action: 'delete', place: rotationPlace(client) }]
  }

/**
 * Retired credentials whose retirement can no longer be undone, and whose tokens are all dead. What leaked is remembered, or it
 * could be registered anew.
 */
export const isForgotten = (credential: Credential, longestLife: number, now: number): boolean =>
  credential.leaked === undefined &&
  credentialState(credential, now) === 'retired' &&
  endOf(credential) + Math.max(retiredGrace, longestLife) <= now
