import { operations, type RevisionView } from '@mintmark/protocol/admin'
import type { WorkspaceKey } from '../domain/workspace.ts'
import type { Revision } from '../registry/revisions.ts'
import { AdminProblem, notFound } from './admin-problem.ts'
import { type Handler, handle } from './call.ts'
import { commitCall, committedAnswer } from './commit.ts'
import { defaultPageSize, pageOf } from './cursor.ts'
import type { AdminDependencies } from './dependencies.ts'
import { instant } from './views.ts'

const summary = ({ number, time, actor, note }: Revision) => ({ revision: number, time: instant(time), actor, note })

const view = (revision: Revision): RevisionView => ({ ...summary(revision), changes: [...revision.changes] })

export const createRevisionHandlers = ({
  store,
  revisions,
  changeSets,
  cursors,
}: AdminDependencies): readonly Handler[] => {
  /** @throws AdminProblem `not-found` unless it is 0 or a revision there has been */
  const assertRevision = async (workspace: WorkspaceKey, number: number): Promise<number> => {
    const newest = (await store.configuration.readWorkspaceRow(workspace))?.revision
    if (newest === undefined) throw notFound(`workspace ${workspace}`)
    if (number > newest) throw notFound(`revision ${number} of ${workspace}`)
    return newest
  }

  const readNumber = (text: string): number => {
    if (/^(?:0|[1-9]\d{0,8})$/.test(text)) return Number(text)
    throw new AdminProblem('not-found', 'A revision is a number.', { check: 'revision-number' })
  }

  return [
    handle(operations.listRevisions, async ({ workspace, query }) => {
      const { limit = defaultPageSize, after } = query
      const list = JSON.stringify([workspace, 'revisions'])
      const before = after === undefined ? Number.MAX_SAFE_INTEGER : Number(cursors.read(list, after))
      await assertRevision(workspace, 0)
      const found = await revisions.list(workspace, before, limit + 1)
      const item = (revision: Revision) => ({
        ...summary(revision),
        changes: revision.changes.map(({ members: _members, ...change }) => change),
      })
      return { body: pageOf(found, limit, item, ({ number }) => cursors.write(list, String(number))) }
    }),
    handle(operations.compareRevisions, async ({ workspace, query }) => {
      const newest = await assertRevision(workspace, Math.max(query.from, query.to ?? 0))
      const { from, to = newest } = query
      return { body: { from, to, changes: [...(await revisions.compare(workspace, from, to))] } }
    }),
    handle(operations.showRevision, async ({ workspace, parameters }) => {
      const number = readNumber(parameters.revision)
      await assertRevision(workspace, number)
      const found = await revisions.find(workspace, number)
      if (found === undefined) throw notFound(`revision ${number} of ${workspace}`)
      return { body: view(found) }
    }),
    handle(operations.revertToRevision, async (call) => {
      const { workspace, parameters, input } = call
      const number = readNumber(parameters.revision)
      await assertRevision(workspace, number)
      if (number === 0) throw notFound(`revision 0 of ${workspace} to return to`)
      const options = { of: 'workspace', note: input.note ?? `back to revision ${number}` } as const
      return commitCall(changeSets, call, revisions.stepsTo(number), options, committedAnswer)
    }),
  ]
}
