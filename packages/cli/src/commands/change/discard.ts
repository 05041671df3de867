import { workspaceCommand } from '../../admin-command.ts'
import { confirmOptions } from '../../staging.ts'

export const changeDiscard = workspaceCommand({
  name: 'change discard',
  summary: 'Discard a change set',
  operands: { change: { summary: 'Its id' } },
  options: confirmOptions,
  examples: [{ line: 'mintmark change discard k3VbQ9', says: 'asks first' }],
  run: async ({ admin, place, operands, options, output, confirm }) => {
    await confirm(`Discard the change set ${operands.change}?`, options.yes)
    const discarded = await admin.discardDraft({ ...place, change: operands.change })
    output.result(discarded, () => `Discarded ${discarded.id}.\n`)
    return undefined
  },
})
