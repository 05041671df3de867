import { workspaceCommand } from '../../admin-command.ts'
import { changeOptions, stage } from '../../staging.ts'
import { renderFields } from '../../terminal/table.ts'
import { requireSomething } from '../../values.ts'
import { readWebhook, webhookOptions } from './members.ts'
import { webhookFields } from './view.ts'

export const webhookUpdate = workspaceCommand({
  name: 'webhook update',
  summary: 'Change a webhook; what is not named stays',
  operands: { webhook: { summary: 'Its id' } },
  options: { ...webhookOptions, ...changeOptions },
  examples: [
    { line: 'mintmark webhook update alerts --event credential.expiring', says: 'that alone' },
    { line: 'mintmark webhook update alerts --disable', says: 'while its place is moved' },
  ],
  run: async ({ admin, place, operands, options, output }) => {
    const value = requireSomething(readWebhook(options))
    if (options.change !== undefined) {
      const change = { action: 'update', kind: 'webhook', id: operands.webhook, value } as const
      await stage({ admin, place, output }, options.change, change)
      return undefined
    }
    const webhook = await admin.updateWebhook({ ...place, webhook: operands.webhook }, value)
    output.result(webhook, (screen) => renderFields(webhookFields(webhook), screen))
    return undefined
  },
})
