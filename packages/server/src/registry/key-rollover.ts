import type { AuditEvent } from '../audit/events.ts'
import type { Client } from '../domain/client.ts'
import type { KeyCredential } from '../domain/credential.ts'
import { credentialState, isLasting, proves } from '../domain/credential-state.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import { type Random, randomId } from '../lib/random.ts'
import { defaultRotationOverlap } from './bodies.ts'
import type { ClientKey } from './client-key.ts'
import type { Body } from './kinds/kind.ts'
import type { WorkingState } from './state.ts'
import { credentialIdLength, credentialPlace, type Step } from './steps.ts'

/** What is to be rolled over: a key of a client, and the key that follows it. Both have signed. */
export type Rollover = {
  readonly workspace: WorkspaceKey
  readonly client: string
  /** Id of the credential whose key signed. */
  readonly signer: string
  /** The next key; its `kid` is its thumbprint. */
  readonly next: ClientKey
  readonly address: string
}

/** A key that has been rolled over. */
export type Rolled = {
  readonly kid: string
  readonly algorithm: string
  /** Epoch milliseconds. */
  readonly expires: number | undefined
  readonly previous: { readonly kid: string; readonly drainsUntil: number | undefined }
}

/** What becomes of a roll-over, decided from the state that its change set is committed against. */
export type Decision =
  | { readonly outcome: 'rolled'; readonly rolled: Rolled; readonly event: AuditEvent }
  /** The very same was done before: nothing is changed. */
  | { readonly outcome: 'repeated'; readonly rolled: Rolled }
  /** There is another successor already: the key was copied, and which of the two is the client nobody can know. */
  | { readonly outcome: 'frozen'; readonly event: AuditEvent }
  | {
      readonly outcome: 'refused'
      readonly reason: 'signer' | 'next' | 'client' | 'often'
      readonly check: string
      /** Seconds after which it may be tried again. */
      readonly after?: number
    }

/** How often a client may roll over in a day: more would be a fault, or somebody who tries to push keys out. */
export const maximumRollovers = 4
const rolloverPeriod = 86_400_000

export const rolloverCapability = 'key_rollover'

type Decided = { readonly decision: Decision; readonly steps: readonly Step[] }

const refused = (
  reason: Extract<Decision, { readonly outcome: 'refused' }>['reason'],
  check: string,
  after?: number,
): Decided => ({
  decision: { outcome: 'refused', reason, check, ...(after === undefined ? {} : { after }) },
  steps: [],
})

const keysOf = ({ credentials }: Client): readonly KeyCredential[] =>
  credentials.filter((credential) => credential.type === 'key')

const sameKey = (one: ClientKey | KeyCredential, other: ClientKey | KeyCredential): boolean =>
  one.kid === other.kid || JSON.stringify(one.jwk) === JSON.stringify(other.jwk)

const timeOf = (value: unknown): number | undefined => (value === undefined ? undefined : Number(value))

/** Every key of the client, whatever its state: what is retired could be taken up again. */
const freeze = (request: Rollover, client: Client, successor: string, now: number): Decided => {
  const frozen = keysOf(client).filter((key) => key.frozen === undefined)
  const { workspace, address, signer, next } = request
  return {
    steps: frozen.map(({ id }) => ({
      action: 'update',
      place: credentialPlace(client.id, id),
      patch: { frozen: now },
    })),
    decision: {
      outcome: 'frozen',
      event: {
        type: 'client-keys.frozen',
        workspace,
        client: client.id,
        address,
        credential: signer,
        successor,
        competitor: next.kid,
        frozen: frozen.map(({ id }) => id),
      },
    },
  }
}

/** Seconds until the client may roll over again; undefined when it may now. */
const waitOf = async (client: Client, state: WorkingState): Promise<number | undefined> => {
  const made: number[] = []
  for (const { id, origin } of keysOf(client)) {
    if (origin === undefined) continue
    const created = Number((await state.read(credentialPlace(client.id, id))).after?.created)
    if (created > state.now - rolloverPeriod) made.push(created)
  }
  if (made.length < maximumRollovers) return undefined
  return Math.max(1, Math.ceil((Math.min(...made) + rolloverPeriod - state.now) / 1000))
}

/** The next key lives as long as the one before was to, and no longer than the workspace lets it. */
const expiryOf = async (before: Body, state: WorkingState): Promise<number | undefined> => {
  const { created, expires } = before
  const span = expires === undefined ? Number.POSITIVE_INFINITY : Number(expires) - Number(created)
  const longest = ((await state.settings())?.maximumKeyLifetime ?? Number.POSITIVE_INFINITY) * 1000
  const least = Math.min(span, longest)
  return Number.isFinite(least) ? state.now + least : undefined
}

/** Milliseconds the previous key goes on. */
const overlapOf = async (state: WorkingState): Promise<number> =>
  ((await state.settings())?.rotationOverlap ?? defaultRotationOverlap) * 1000

const roll = async (
  request: Rollover,
  client: Client,
  signer: KeyCredential,
  state: WorkingState,
  random: Random,
): Promise<Decided> => {
  const { workspace, address, next } = request
  const place = credentialPlace(client.id, signer.id)
  const before = (await state.read(place)).after ?? {}
  const id = randomId(random, credentialIdLength)
  const until = state.now + (await overlapOf(state))
  const expires = await expiryOf(before, state)
  const { algorithm, kid, jwk } = next
  const ending = expires === undefined ? {} : { expires }
  return {
    steps: [
      { action: 'update', place, patch: { rolledTo: kid, drainsUntil: until } },
      {
        action: 'create',
        place: credentialPlace(client.id, id),
        body: { type: 'key', algorithm, kid, jwk, origin: signer.origin ?? signer.kid, ...ending },
      },
    ],
    decision: {
      outcome: 'rolled',
      rolled: { kid, algorithm, expires, previous: { kid: signer.kid, drainsUntil: until } },
      event: {
        type: 'client-key.rolled',
        workspace,
        client: client.id,
        address,
        credential: id,
        previous: signer.id,
        kid,
        algorithm,
        until: new Date(until).toISOString(),
        ...(ending.expires === undefined ? {} : { ends: new Date(ending.expires).toISOString() }),
      },
    },
  }
}

/**
 * Decides a roll-over from a state. Of two that compete the store lets one be committed first; the other one is decided
 * anew then, and meets the successor of the first.
 */
export const decideRollover = async (request: Rollover, state: WorkingState, random: Random): Promise<Decided> => {
  const { next } = request
  const client = await state.client(request.client)
  if (client === undefined || !client.enabled) return refused('signer', 'client-enabled')
  if (!client.capabilities.includes(rolloverCapability)) return refused('client', 'capability')
  const keys = keysOf(client)
  const signer = keys.find(({ id }) => id === request.signer)
  if (signer === undefined) return refused('signer', 'rollover-key-known')
  if (signer.frozen !== undefined) return refused('signer', 'rollover-key-frozen')
  // That others have it is known already: they do not stop the client by it as well.
  if (signer.leaked !== undefined) return refused('signer', 'rollover-key-leaked')
  const body = (await state.read(credentialPlace(client.id, signer.id))).after ?? {}
  const successor = body.rolledTo === undefined ? undefined : String(body.rolledTo)
  if (successor !== undefined) {
    const there = keys.find(({ kid }) => kid === successor)
    const lasting = there !== undefined && isLasting(there, state.now)
    if (successor === next.kid) {
      if (!lasting) return refused('signer', 'rollover-successor-known')
      const { kid, algorithm, expires } = there
      const previous = { kid: signer.kid, drainsUntil: timeOf(body.drainsUntil) }
      return { steps: [], decision: { outcome: 'repeated', rolled: { kid, algorithm, expires, previous } } }
    }
    // Where an administrator took the successor away and made the key live again, it begins anew.
    if (lasting || credentialState(signer, state.now) !== 'live') return freeze(request, client, successor, state.now)
  }
  if (!proves(signer, state.now) || credentialState(signer, state.now) !== 'live') {
    return refused('signer', 'rollover-key-live')
  }
  if (signer.certificate !== undefined) return refused('client', 'rollover-without-certificate')
  if (keys.some((key) => sameKey(key, next))) return refused('next', 'rollover-next-new')
  const wait = await waitOf(client, state)
  if (wait !== undefined) return refused('often', 'rollover-rate', wait)
  return roll(request, client, signer, state, random)
}
