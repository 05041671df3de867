import { workspaceCommand } from '../../admin-command.ts'
import { renderTable } from '../../terminal/table.ts'
import { callerColumns } from './view.ts'

export const credentialCallers = workspaceCommand({
  name: 'credential callers',
  summary: 'List who used the credentials of a client: address, user agent, instance of the client SDK, when',
  details: 'The last fifty callers of each credential, for 90 days; the latest first.',
  operands: { client: { summary: 'Id of the client' } },
  options: {},
  examples: [{ line: 'mintmark credential callers billing', says: 'every process that was seen with one' }],
  run: async ({ admin, place, operands, output }) => {
    const { items } = await admin.listCallers({ ...place, client: operands.client })
    output.result(items, (screen) => renderTable(items, callerColumns, screen))
    return undefined
  },
})
