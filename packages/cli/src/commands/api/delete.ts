import { workspaceCommand } from '../../admin-command.ts'
import { changeOptions, confirmOptions, printCommitted, stage } from '../../staging.ts'

export const apiDelete = workspaceCommand({
  name: 'api delete',
  summary: 'Delete an API that no client is permitted any more',
  operands: { api: { summary: 'Its id' } },
  options: { ...confirmOptions, ...changeOptions },
  examples: [{ line: 'mintmark api delete orders', says: 'asks first' }],
  run: async ({ admin, place, operands, options, output, confirm }) => {
    if (options.change !== undefined) {
      await stage({ admin, place, output }, options.change, { action: 'delete', kind: 'api', id: operands.api })
      return undefined
    }
    await confirm(`Delete the API ${operands.api} of ${place.tenant}/${place.workspace}?`, options.yes)
    printCommitted(output, await admin.deleteApi({ ...place, api: operands.api }))
    return undefined
  },
})
