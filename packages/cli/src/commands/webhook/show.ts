import { workspaceCommand } from '../../admin-command.ts'
import { renderFields } from '../../terminal/table.ts'
import { webhookFields } from './view.ts'

export const webhookShow = workspaceCommand({
  name: 'webhook show',
  summary: 'Show a webhook',
  operands: { webhook: { summary: 'Its id' } },
  options: {},
  examples: [{ line: 'mintmark webhook show alerts', says: 'since when it fails, and what it answered last' }],
  run: async ({ admin, place, operands, output }) => {
    const webhook = await admin.showWebhook({ ...place, webhook: operands.webhook })
    output.result(webhook, (screen) => renderFields(webhookFields(webhook), screen))
    return undefined
  },
})
