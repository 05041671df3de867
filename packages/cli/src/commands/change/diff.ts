import { workspaceCommand } from '../../admin-command.ts'
import { exitCode } from '../../exit-code.ts'
import { renderDifferences } from '../../terminal/differences.ts'

export const changeDiff = workspaceCommand({
  name: 'change diff',
  summary: 'Show only the difference a change set would make; ends with 1 when it conflicts',
  operands: { change: { summary: 'Its id' } },
  options: {},
  examples: [{ line: 'mintmark change diff k3VbQ9', says: 'what would be created, updated and deleted' }],
  run: async ({ admin, place, operands, output }) => {
    const draft = await admin.showDraft({ ...place, change: operands.change })
    output.result(draft.changes, (screen) => renderDifferences(draft.changes, screen))
    for (const conflict of draft.conflicts) output.remark(`conflict: ${conflict}`)
    return draft.conflicts.length === 0 ? undefined : exitCode.failed
  },
})
