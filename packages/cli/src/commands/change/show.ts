import { workspaceCommand } from '../../admin-command.ts'
import { renderDraft } from './view.ts'

export const changeShow = workspaceCommand({
  name: 'change show',
  summary: 'Show a change set: what it would do now, and what stands against it',
  operands: { change: { summary: 'Its id' } },
  options: {},
  examples: [{ line: 'mintmark change show k3VbQ9', says: 'who began it, on which revision, and its difference' }],
  run: async ({ admin, place, operands, output }) => {
    const draft = await admin.showDraft({ ...place, change: operands.change })
    output.result(draft, (screen) => renderDraft(draft, screen))
    return undefined
  },
})
