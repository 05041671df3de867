import type { Committed } from '@mintmark/protocol/admin'
import type { AuditEvent } from '../audit/events.ts'
import { auditRow } from '../audit/record.ts'
import type { Workspace, WorkspaceKey } from '../domain/workspace.ts'
import type { Clock } from '../lib/clock.ts'
import { createInTurn } from '../lib/in-turn.ts'
import type { Random } from '../lib/random.ts'
import {
  type AuditRow,
  type EntityChange,
  type IdempotencyRecord,
  type Store,
  StoreUnavailableError,
} from '../store/store.ts'
import { type Built, buildChangeSet, type Steps } from './build-change-set.ts'
import { ChangeRefused, ChangeRepeated, ChangeStale } from './change-refused.ts'
import { endingsOf } from './endings.ts'
import { type Body, type Offered, type Place, placeName } from './kinds/kind.ts'
import { kindNamed } from './kinds.ts'
import { openState, type Touched, type WorkingState } from './state.ts'
import type { WebhookSecrets } from './webhook-secrets.ts'

/** Who changes what, and on what condition. */
export type ChangeRequest = {
  readonly workspace: WorkspaceKey
  readonly steps: Steps
  /** `{tenant}/{workspace}/{client}` of the administrator. */
  readonly actor: string
  readonly address?: string | undefined
  readonly note: string
  /** The entity, or the workspace as a whole, must still be at this revision. */
  readonly expected?: { readonly place: Place | 'workspace'; readonly revision: number } | undefined
  /** A draft the commit ends; what it touches must not have changed since the revision it was begun on. */
  readonly draft?: { readonly id: string; readonly version: number; readonly base: number } | undefined
  /** What the log says besides that the configuration was changed, from what was done; in the same transaction. */
  readonly also?: ((outcome: Outcome) => readonly AuditEvent[]) | undefined
  /** Whether it waits for no other: one that is long in the making keeps nobody from answering a leak. */
  readonly urgent?: boolean
  /** What to keep under the caller's idempotency key, from what it is going to be answered. */
  readonly idempotency?: ((outcome: Outcome) => IdempotencyRecord) | undefined
}

/** An entity as a change set leaves it. */
export type Left = { readonly revision: number; readonly body: Body }

export type Outcome = {
  readonly committed: Committed
  /** What an entity that was touched is now; undefined when it is gone. */
  readonly left: (place: Place) => Left | undefined
}

export type ChangeSets = {
  /** What a change set would do now, and what stands against it. */
  readonly preview: (workspace: WorkspaceKey, steps: Steps, begunOn?: number) => Promise<Built>
  /**
   * Commits whole, or not at all. One that changes nothing makes no revision.
   * @throws ChangeRefused, ChangeStale, ChangeRepeated, StoreUnavailableError
   */
  readonly commit: (request: ChangeRequest) => Promise<Outcome>
}

/** How often a change set is built anew because another one came first. */
const maximumAttempts = 20
/** How many changes an audit event names; the revision has them all. */
const namedInEvent = 100

const assertExpected = async (state: WorkingState, expected: ChangeRequest['expected']): Promise<void> => {
  if (expected === undefined) return
  const found = expected.place === 'workspace' ? state.base : (await state.read(expected.place)).revision
  if (found !== expected.revision) throw new ChangeStale(expected.revision, found)
}

const entityChange = (
  { place, revision, before, after }: Touched,
  settings: Workspace | undefined,
  now: number,
): EntityChange => {
  const { history, claims } = kindNamed(place.kind)
  return {
    ...place,
    expectedRevision: revision,
    body: after && JSON.stringify(after),
    claims: after === undefined ? [] : claims(after),
    before: before && JSON.stringify(history(before)),
    after: after && JSON.stringify(history(after)),
    endings: after && settings && endingsOf(place.kind, after, settings, now),
  }
}

export const createChangeSets = ({
  store,
  offered,
  webhookSecrets,
  clock,
  random,
}: {
  readonly store: Store
  readonly offered: () => Offered
  /** Without it no webhook can be made. */
  readonly webhookSecrets?: WebhookSecrets
  readonly clock: Clock
  readonly random: Random
}): ChangeSets => {
  const inTurn = createInTurn()
  const parts = { random, webhookSecrets }

  const event = (request: ChangeRequest, { differences }: Built, revision: number, now: number): AuditRow =>
    auditRow(
      {
        type: 'configuration.changed',
        workspace: request.workspace,
        actor: request.actor,
        ...(request.address === undefined ? {} : { address: request.address }),
        revision,
        note: request.note,
        changes: differences
          .slice(0, namedInEvent)
          .map(({ action, kind, id, parent }) => ({ action, kind, id: parent === undefined ? id : `${parent}/${id}` })),
      },
      now,
    )

  const outcomeOf = (state: WorkingState, built: Built, revision: number): Outcome => {
    const all = new Map(state.touched().map((touched) => [placeName(touched.place), touched]))
    const changed = new Set(built.touched.map(({ place }) => placeName(place)))
    return {
      committed: { revision, changes: [...built.differences], secrets: [...built.secrets] },
      left: (place) => {
        const touched = all.get(placeName(place))
        if (touched?.after === undefined) return undefined
        return { revision: changed.has(placeName(place)) ? revision : touched.revision, body: touched.after }
      },
    }
  }

  /** Ends a draft that has nothing left to change. */
  const discard = ({ workspace, actor, address }: ChangeRequest, draft: string, now: number): Promise<boolean> =>
    store.changes.deleteDraft(workspace, draft, [
      auditRow(
        { type: 'draft.discarded', workspace, actor, ...(address === undefined ? {} : { address }), draft },
        now,
      ),
    ])

  /** What was read in parts while another commit came between may be wrong: it is not judged by. */
  const isTorn = async ({ workspace, base }: WorkingState): Promise<boolean> =>
    ((await store.configuration.readWorkspaceRow(workspace))?.revision ?? 0) !== base

  /** One attempt; undefined when another commit came first. */
  const attempt = async (request: ChangeRequest): Promise<Outcome | undefined> => {
    const now = clock.now()
    const state = await openState(store, request.workspace, offered(), now)
    await assertExpected(state, request.expected)
    const built = await buildChangeSet(parts, state, request.steps, request.draft?.base)
    if ((built.faults.length > 0 || built.touched.length === 0) && (await isTorn(state))) return undefined
    if (built.faults.length > 0) throw new ChangeRefused(built.faults)
    if (built.touched.length === 0) {
      if (request.draft !== undefined) await discard(request, request.draft.id, now)
      return outcomeOf(state, built, state.base)
    }
    const revision = state.base + 1
    const outcome = outcomeOf(state, built, revision)
    const settings = await state.settings()
    const result = await store.changes.commit(
      {
        workspace: request.workspace,
        validatedAt: state.base,
        changes: built.touched.map((touched) => entityChange(touched, settings, now)),
        time: now,
        actor: request.actor,
        note: request.note,
        draft: request.draft && { id: request.draft.id, version: request.draft.version },
        idempotency: request.idempotency?.(outcome),
      },
      [event(request, built, revision, now), ...(request.also?.(outcome) ?? []).map((one) => auditRow(one, now))],
    )
    if (result.outcome === 'committed') return outcome
    if (result.outcome === 'repeated') throw new ChangeRepeated()
    if (result.outcome === 'conflict') {
      throw new ChangeRefused(result.conflicts.map((message) => ({ fault: 'used', message })))
    }
    return undefined
  }

  return {
    preview: async (workspace, steps, begunOn) =>
      buildChangeSet(parts, await openState(store, workspace, offered(), clock.now()), steps, begunOn),
    // Those of this node seldom come between one another; urgent ones and other nodes' a few times, before it is given up.
    commit: (request) => {
      const commit = async (): Promise<Outcome> => {
        for (let count = 0; count < maximumAttempts; count += 1) {
          const outcome = await attempt(request)
          if (outcome !== undefined) return outcome
        }
        throw new StoreUnavailableError(`${request.workspace} is being changed too often just now`)
      }
      return request.urgent === true ? commit() : inTurn(request.workspace, commit)
    },
  }
}
