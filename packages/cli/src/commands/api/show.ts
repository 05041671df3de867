import { workspaceCommand } from '../../admin-command.ts'
import { renderFields } from '../../terminal/table.ts'
import { apiFields } from './view.ts'

export const apiShow = workspaceCommand({
  name: 'api show',
  summary: 'Show an API',
  operands: { api: { summary: 'Its id' } },
  options: {},
  examples: [{ line: 'mintmark api show orders', says: 'its audience, scopes and tokens' }],
  run: async ({ admin, place, operands, output }) => {
    const api = await admin.showApi({ ...place, api: operands.api })
    output.result(api, (screen) => renderFields(apiFields(api), screen))
    return undefined
  },
})
