import { workspaceCommand } from '../../admin-command.ts'
import { printCommitted } from '../../staging.ts'

export const changeCommit = workspaceCommand({
  name: 'change commit',
  summary: 'Commit a change set whole, or be told the conflicts',
  operands: { change: { summary: 'Its id' } },
  options: {},
  examples: [{ line: 'mintmark change commit k3VbQ9', says: 'all of it or nothing' }],
  run: async ({ admin, place, operands, output }) => {
    printCommitted(output, await admin.commitDraft({ ...place, change: operands.change }))
    return undefined
  },
})
