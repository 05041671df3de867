import { adminCommand } from '../../admin-command.ts'
import { readPlace } from '../../connection/workspace.ts'
import { confirmOptions, printCommitted } from '../../staging.ts'

export const workspaceDelete = adminCommand({
  name: 'workspace delete',
  summary: 'Delete a workspace that has no APIs and no clients; its tokens are revoked',
  operands: { workspace: { summary: 'TENANT/WORKSPACE' } },
  options: confirmOptions,
  examples: [{ line: 'mintmark workspace delete acme/old', says: 'asks first' }],
  run: async ({ admin, operands, options, output, confirm }) => {
    const place = readPlace(operands.workspace, 'WORKSPACE')
    await confirm(`Delete the workspace ${operands.workspace} and revoke all of its tokens?`, options.yes)
    printCommitted(output, await admin.deleteWorkspace(place))
    return undefined
  },
})
