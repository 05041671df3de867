import type { RevisionSummary } from '@mintmark/protocol/admin'
import { workspaceCommand } from '../../admin-command.ts'
import { changesText } from '../../changes-text.ts'
import { gather, listOptions, moreRemark, readLimit } from '../../connection/pages.ts'
import { type Column, renderTable } from '../../terminal/table.ts'
import { withoutFractions } from '../../terminal/times.ts'

const columns: readonly Column<RevisionSummary>[] = [
  { title: 'REVISION', value: ({ revision }) => revision, align: 'right' },
  { title: 'TIME', value: ({ time }) => withoutFractions(time), whole: true },
  { title: 'BY', value: ({ actor }) => actor },
  { title: 'NOTE', value: ({ note }) => note },
  { title: 'CHANGES', value: ({ changes }) => changesText(changes) },
]

export const revisionList = workspaceCommand({
  name: 'revision list',
  summary: 'List the revisions of a workspace, newest first',
  operands: {},
  options: listOptions,
  examples: [{ line: 'mintmark revision list --limit 5', says: 'the last five commits' }],
  run: async ({ admin, place, options, output, progress }) => {
    const { items, more } = await gather(
      (query) => admin.listRevisions(place, query),
      readLimit(options),
      progress('revisions'),
    )
    output.result(items, (screen) => renderTable(items, columns, screen))
    if (more) output.remark(moreRemark)
    return undefined
  },
})
