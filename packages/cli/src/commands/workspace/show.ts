import { adminCommand } from '../../admin-command.ts'
import { renderFields } from '../../terminal/table.ts'
import { placeOf, workspaceOperand } from './place.ts'
import { workspaceFields } from './view.ts'

export const workspaceShow = adminCommand({
  name: 'workspace show',
  summary: 'Show the settings of a workspace',
  operands: workspaceOperand,
  options: {},
  examples: [{ line: 'mintmark workspace show acme/payments', says: 'its issuer, lifetimes and aliases' }],
  run: async ({ admin, operands, environment, output }) => {
    const workspace = await admin.showWorkspace(await placeOf(operands.workspace, environment, admin))
    output.result(workspace, (screen) => renderFields(workspaceFields(workspace), screen))
    return undefined
  },
})
