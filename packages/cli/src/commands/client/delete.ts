import { workspaceCommand } from '../../admin-command.ts'
import { changeOptions, confirmOptions, printCommitted, stage } from '../../staging.ts'

export const clientDelete = workspaceCommand({
  name: 'client delete',
  summary: 'Delete a client and its secrets; its tokens are revoked',
  operands: { client: { summary: 'Its id' } },
  options: { ...confirmOptions, ...changeOptions },
  examples: [{ line: 'mintmark client delete billing', says: 'asks first; --yes in a script' }],
  run: async ({ admin, place, operands, options, output, confirm }) => {
    if (options.change !== undefined) {
      await stage({ admin, place, output }, options.change, { action: 'delete', kind: 'client', id: operands.client })
      return undefined
    }
    await confirm(`Delete the client ${operands.client} with its secrets and revoke its tokens?`, options.yes)
    printCommitted(output, await admin.deleteClient({ ...place, client: operands.client }))
    return undefined
  },
})
