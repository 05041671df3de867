import { workspaceCommand } from '../../admin-command.ts'
import { renderTable } from '../../terminal/table.ts'
import { credentialColumns } from './view.ts'

export const credentialList = workspaceCommand({
  name: 'credential list',
  summary: 'List everything that proves a client, of whatever kind: its state, its end, its last use',
  operands: { client: { summary: 'Id of the client' } },
  options: {},
  examples: [{ line: 'mintmark credential list billing', says: 'what is staged, live, draining and retired' }],
  run: async ({ admin, place, operands, output }) => {
    const { items } = await admin.listCredentials({ ...place, client: operands.client })
    output.result(items, (screen) => renderTable(items, credentialColumns, screen))
    return undefined
  },
})
