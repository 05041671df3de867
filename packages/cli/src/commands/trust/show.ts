import { workspaceCommand } from '../../admin-command.ts'
import { renderFields } from '../../terminal/table.ts'
import { trustFields } from './view.ts'

export const trustShow = workspaceCommand({
  name: 'trust show',
  summary: 'Show a trust',
  operands: { trust: { summary: 'Its id' } },
  options: {},
  examples: [{ line: 'mintmark trust show github', says: 'its issuer, keys and limits' }],
  run: async ({ admin, place, operands, output }) => {
    const trust = await admin.showTrust({ ...place, trust: operands.trust })
    output.result(trust, (screen) => renderFields(trustFields(trust), screen))
    return undefined
  },
})
