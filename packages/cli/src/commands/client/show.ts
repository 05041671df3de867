import { workspaceCommand } from '../../admin-command.ts'
import { renderFields } from '../../terminal/table.ts'
import { clientFields } from './view.ts'

export const clientShow = workspaceCommand({
  name: 'client show',
  summary: 'Show a client',
  operands: { client: { summary: 'Its id' } },
  options: {},
  examples: [
    { line: 'mintmark client show billing', says: 'what it may do; mintmark secret list billing shows its secrets' },
  ],
  run: async ({ admin, place, operands, output }) => {
    const client = await admin.showClient({ ...place, client: operands.client })
    output.result(client, (screen) => renderFields(clientFields(client), screen))
    return undefined
  },
})
