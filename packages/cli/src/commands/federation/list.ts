import { workspaceCommand } from '../../admin-command.ts'
import { renderTable } from '../../terminal/table.ts'
import { federationColumns } from './view.ts'

export const federationList = workspaceCommand({
  name: 'federation list',
  summary: 'List the workloads of platforms that are a client: what their tokens must say, when last used',
  operands: { client: { summary: 'Id of the client' } },
  options: {},
  examples: [{ line: 'mintmark federation list invoices', says: 'who is this client' }],
  run: async ({ admin, place, operands, output }) => {
    const { items } = await admin.listFederations({ ...place, client: operands.client })
    output.result(items, (screen) => renderTable(items, federationColumns, screen))
    return undefined
  },
})
