import { workspaceCommand } from '../../admin-command.ts'
import { renderTable } from '../../terminal/table.ts'
import { clientKeyColumns } from './view.ts'

export const clientKeyList = workspaceCommand({
  name: 'client-key list',
  summary: 'List the keys and certificates of a client, and where it publishes keys: when they end, when last used',
  operands: { client: { summary: 'Id of the client' } },
  options: {},
  examples: [{ line: 'mintmark client-key list billing', says: 'which one is still in use' }],
  run: async ({ admin, place, operands, output }) => {
    const { items } = await admin.listClientKeys({ ...place, client: operands.client })
    output.result(items, (screen) => renderTable(items, clientKeyColumns, screen))
    return undefined
  },
})
