import { workspaceCommand } from '../../admin-command.ts'
import { changeOptions, confirmOptions, printCommitted, stage } from '../../staging.ts'

export const trustDelete = workspaceCommand({
  name: 'trust delete',
  summary: 'Delete a trust that no client names any more',
  operands: { trust: { summary: 'Its id' } },
  options: { ...confirmOptions, ...changeOptions },
  examples: [{ line: 'mintmark trust delete old-cluster', says: 'asks first' }],
  run: async ({ admin, place, operands, options, output, confirm }) => {
    if (options.change !== undefined) {
      await stage({ admin, place, output }, options.change, { action: 'delete', kind: 'trust', id: operands.trust })
      return undefined
    }
    await confirm(`Delete the trust ${operands.trust} of ${place.tenant}/${place.workspace}?`, options.yes)
    printCommitted(output, await admin.deleteTrust({ ...place, trust: operands.trust }))
    return undefined
  },
})
