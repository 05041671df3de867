import { type Change, type Draft, type DraftWithDifference, operations } from '@mintmark/protocol/admin'
import type { WorkspaceKey } from '../domain/workspace.ts'
import { ChangeStale } from '../registry/change-refused.ts'
import type { StagedDraft } from '../registry/drafts.ts'
import type { Step } from '../registry/steps.ts'
import { notFound } from './admin-problem.ts'
import { assertAllowed } from './administrator.ts'
import { type Handler, handle } from './call.ts'
import { committedAnswer } from './commit.ts'
import type { AdminDependencies } from './dependencies.ts'
import { assertWorkspace } from './list-entities.ts'
import { instant } from './views.ts'

const view = ({ row, steps }: StagedDraft): Draft => ({
  id: row.id,
  base: row.base,
  version: row.version,
  created: instant(row.created),
  actor: row.actor,
  note: row.note,
  steps: steps.length,
})

const makesSecrets = (changes: readonly Change[]): boolean =>
  changes.some((change) => change.kind === 'secret' || (change.action === 'create' && 'secret' in change.value))

/** What proves clients: credentials, and the trusts behind some of them. */
const hasCredentials = (steps: readonly Step[]): boolean =>
  steps.some(({ place }) => place.kind === 'credential' || place.kind === 'trust')

export const createChangeHandlers = ({ store, drafts }: AdminDependencies): readonly Handler[] => {
  const find = async (workspace: WorkspaceKey, id: string, ifMatch?: number): Promise<StagedDraft> => {
    const draft = await drafts.find(workspace, id)
    if (draft === undefined) throw notFound(`change set ${id} in ${workspace}`)
    if (ifMatch !== undefined && ifMatch !== draft.row.version) throw new ChangeStale(ifMatch, draft.row.version)
    return draft
  }

  const withDifference = async (draft: StagedDraft): Promise<{ body: DraftWithDifference; etag: number }> => {
    const { base, differences, faults } = await drafts.preview(draft)
    const conflicts = faults.map(({ message }) => message)
    return {
      body: { ...view(draft), current: base, changes: [...differences], conflicts },
      etag: draft.row.version,
    }
  }

  return [
    handle(operations.listDrafts, async ({ workspace }) => {
      await assertWorkspace(store, workspace)
      return { body: { items: (await drafts.list(workspace)).map(view) } }
    }),
    handle(operations.createDraft, async ({ workspace, parameters, input, administrator, address }) => {
      const { note = '', changes = [] } = input
      if (makesSecrets(changes)) assertAllowed(administrator, 'secrets', parameters.tenant)
      const by = { actor: administrator.actor, address }
      return withDifference(await drafts.create(workspace, { note, changes }, by))
    }),
    handle(operations.showDraft, async ({ workspace, parameters }) =>
      withDifference(await find(workspace, parameters.change)),
    ),
    handle(operations.stageChanges, async ({ workspace, parameters, input, administrator, address, ifMatch }) => {
      if (makesSecrets(input.changes)) assertAllowed(administrator, 'secrets', parameters.tenant)
      const draft = await find(workspace, parameters.change, ifMatch)
      return withDifference(await drafts.stage(draft, input.changes, { actor: administrator.actor, address }))
    }),
    handle(operations.commitDraft, async ({ workspace, parameters, administrator, address, ifMatch, keep }) => {
      const draft = await find(workspace, parameters.change, ifMatch)
      if (hasCredentials(draft.steps)) assertAllowed(administrator, 'secrets', parameters.tenant)
      const by = { actor: administrator.actor, address }
      const kept = keep && ((outcome: Parameters<typeof committedAnswer>[0]) => keep(committedAnswer(outcome)))
      return committedAnswer(await drafts.commit(draft, by, kept))
    }),
    handle(operations.discardDraft, async ({ workspace, parameters, administrator, address, ifMatch }) => {
      const draft = await find(workspace, parameters.change, ifMatch)
      if (!(await drafts.discard(draft, { actor: administrator.actor, address }))) {
        throw notFound(`change set ${parameters.change} in ${workspace}`)
      }
      return { body: { id: draft.row.id, base: draft.row.base } }
    }),
  ]
}
