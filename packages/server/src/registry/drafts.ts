import type { Change } from '@mintmark/protocol/admin'
import { auditRow } from '../audit/record.ts'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { Clock } from '../lib/clock.ts'
import { randomId } from '../lib/random.ts'
import type { DraftRow, IdempotencyRecord, Store } from '../store/store.ts'
import type { Built } from './build-change-set.ts'
import { ChangeRefused, ChangeStale } from './change-refused.ts'
import type { ChangeSets, Outcome } from './change-set.ts'
import { type Preparation, prepareChange, type Step } from './steps.ts'

/** Who works on a draft. */
export type DraftAuthor = { readonly actor: string; readonly address: string }

export type StagedDraft = { readonly row: DraftRow; readonly steps: readonly Step[] }

/** Change sets that are not committed yet. No secret is in one: chosen secrets are hashed when they are staged. */
export type Drafts = {
  readonly list: (workspace: WorkspaceKey) => Promise<readonly StagedDraft[]>
  readonly find: (workspace: WorkspaceKey, id: string) => Promise<StagedDraft | undefined>
  /** @throws ChangeRefused when a change cannot be applied to what is there */
  readonly create: (
    workspace: WorkspaceKey,
    content: { readonly note: string; readonly changes: readonly Change[] },
    by: DraftAuthor,
  ) => Promise<StagedDraft>
  /** @throws ChangeRefused, ChangeStale when the draft was changed meanwhile */
  readonly stage: (draft: StagedDraft, changes: readonly Change[], by: DraftAuthor) => Promise<StagedDraft>
  readonly preview: (draft: StagedDraft) => Promise<Built>
  /** @throws ChangeRefused, ChangeStale, ChangeRepeated */
  readonly commit: (
    draft: StagedDraft,
    by: DraftAuthor,
    idempotency: ((outcome: Outcome) => IdempotencyRecord) | undefined,
  ) => Promise<Outcome>
  readonly discard: (draft: StagedDraft, by: DraftAuthor) => Promise<boolean>
}

const idLength = 10

const readDraft = (row: DraftRow): StagedDraft => ({ row, steps: JSON.parse(row.operations) as Step[] })

export const createDrafts = ({
  store,
  changeSets,
  clock,
  ...preparation
}: {
  readonly store: Store
  readonly changeSets: ChangeSets
  readonly clock: Clock
} & Preparation): Drafts => {
  const prepareAll = async (workspace: WorkspaceKey, changes: readonly Change[]): Promise<Step[]> => {
    const steps: Step[] = []
    for (const change of changes) steps.push(...(await prepareChange(workspace, change, preparation)))
    return steps
  }

  const save = async (row: DraftRow, { actor, address }: DraftAuthor): Promise<StagedDraft> => {
    const { workspace, id: draft } = row
    const event = auditRow({ type: 'draft.saved', workspace, actor, address, draft }, clock.now())
    if ((await store.changes.saveDraft(row, [event])) === 'stale') throw new ChangeStale(row.version - 1, row.version)
    return readDraft(row)
  }

  return {
    list: async (workspace) => (await store.changes.listDrafts(workspace)).map(readDraft),
    find: async (workspace, id) => {
      const row = await store.changes.readDraft(workspace, id)
      return row && readDraft(row)
    },
    create: async (workspace, { note, changes }, by) => {
      const steps = await prepareAll(workspace, changes)
      const { base, faults } = await changeSets.preview(workspace, steps)
      if (faults.length > 0) throw new ChangeRefused(faults)
      const row: DraftRow = {
        id: randomId(preparation.random, idLength),
        workspace,
        base,
        created: clock.now(),
        actor: by.actor,
        note,
        version: 1,
        operations: JSON.stringify(steps),
      }
      return save(row, by)
    },
    stage: async ({ row, steps }, changes, by) => {
      const staged = [...steps, ...(await prepareAll(row.workspace, changes))]
      const { faults } = await changeSets.preview(row.workspace, staged, row.base)
      // What others changed meanwhile is shown, and refused at commit; here it would only hide the author's own mistakes.
      const own = faults.filter(({ fault }) => fault !== 'changed')
      if (own.length > 0) throw new ChangeRefused(own)
      return save({ ...row, version: row.version + 1, operations: JSON.stringify(staged) }, by)
    },
    preview: ({ row, steps }) => changeSets.preview(row.workspace, steps, row.base),
    commit: ({ row, steps }, by, idempotency) =>
      changeSets.commit({
        workspace: row.workspace,
        steps,
        ...by,
        note: row.note,
        draft: { id: row.id, version: row.version, base: row.base },
        idempotency,
      }),
    discard: async ({ row }, { actor, address }) => {
      const { workspace, id: draft } = row
      const event = auditRow({ type: 'draft.discarded', workspace, actor, address, draft }, clock.now())
      return store.changes.deleteDraft(workspace, draft, [event])
    },
  }
}
