import type { Difference } from '@mintmark/protocol/admin'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { RevisionRow, Store } from '../store/store.ts'
import { differenceOf } from './difference.ts'
import type { Body, Place, Transition } from './kinds/kind.ts'
import type { WorkingState } from './state.ts'
import type { Step } from './steps.ts'

/** A revision with what it changed. */
export type Revision = {
  readonly number: number
  /** Epoch milliseconds. */
  readonly time: number
  readonly actor: string
  readonly note: string
  readonly changes: readonly Difference[]
}

export type Revisions = {
  /** Newest first, numbers below `before`. */
  readonly list: (workspace: WorkspaceKey, before: number, limit: number) => Promise<readonly Revision[]>
  readonly find: (workspace: WorkspaceKey, number: number) => Promise<Revision | undefined>
  /** What differs between two revisions, either way round. */
  readonly compare: (workspace: WorkspaceKey, from: number, to: number) => Promise<readonly Difference[]>
  /**
   * The steps that make a workspace what it was after a revision. Credentials and trusts are left alone: none is brought
   * back, and none is lost but with a client that did not exist then.
   */
  readonly stepsTo: (number: number) => (state: WorkingState) => Promise<readonly Step[]>
}

type StoredChange = Place & { readonly before?: string; readonly after?: string }

const read = (body: string | undefined): Body | undefined =>
  body === undefined ? undefined : (JSON.parse(body) as Body)

const transitions = (row: RevisionRow): Transition[] =>
  (JSON.parse(row.changes) as StoredChange[]).map(({ kind, id, parent, before, after }) => ({
    place: { kind, id, parent },
    before: read(before),
    after: read(after),
  }))

/** What several revisions did together: the first state of each entity, and its last. */
const together = (rows: readonly RevisionRow[]): Transition[] => {
  const all = new Map<string, Transition>()
  for (const transition of rows.flatMap(transitions)) {
    const { kind, parent, id } = transition.place
    const name = JSON.stringify([kind, parent, id])
    const first = all.get(name)
    all.set(name, first === undefined ? transition : { ...transition, before: first.before })
  }
  return [...all.values()]
}

const toRevision = (row: RevisionRow): Revision => ({
  number: row.number,
  time: row.time,
  actor: row.actor,
  note: row.note,
  changes: transitions(row).flatMap((transition) => differenceOf(transition) ?? []),
})

export const createRevisions = ({ store }: { readonly store: Store }): Revisions => ({
  list: async (workspace, before, limit) =>
    (await store.changes.listRevisions(workspace, before, limit)).map(toRevision),
  find: async (workspace, number) => {
    const [row] = await store.changes.readRevisions(workspace, number - 1, number)
    return row && toRevision(row)
  },
  compare: async (workspace, from, to) => {
    const rows = await store.changes.readRevisions(workspace, Math.min(from, to), Math.max(from, to))
    return together(rows)
      .map(({ place, before, after }) =>
        from <= to ? { place, before, after } : { place, before: after, after: before },
      )
      .flatMap((transition) => differenceOf(transition) ?? [])
  },
  stepsTo: (number) => async (state) => {
    const rows = await store.changes.readRevisions(state.workspace, number, state.base)
    const steps: Step[] = []
    for (const { place, before } of together(rows)) {
      if (place.kind === 'credential' || place.kind === 'rotation' || place.kind === 'trust') continue
      if (before !== undefined) steps.push({ action: 'put', place, body: before })
      else if ((await state.read(place)).after !== undefined) steps.push({ action: 'delete', place })
    }
    return steps
  },
})
