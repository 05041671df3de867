import { workspaceCommand } from '../../admin-command.ts'
import { changeOptions, confirmOptions, printCommitted, stage } from '../../staging.ts'

export const webhookDelete = workspaceCommand({
  name: 'webhook delete',
  summary: 'Delete a webhook, with what it was not told yet',
  operands: { webhook: { summary: 'Its id' } },
  options: { ...confirmOptions, ...changeOptions },
  examples: [{ line: 'mintmark webhook delete alerts', says: 'asks first' }],
  run: async ({ admin, place, operands, options, output, confirm }) => {
    if (options.change !== undefined) {
      await stage({ admin, place, output }, options.change, { action: 'delete', kind: 'webhook', id: operands.webhook })
      return undefined
    }
    await confirm(`Delete the webhook ${operands.webhook} of ${place.tenant}/${place.workspace}?`, options.yes)
    printCommitted(output, await admin.deleteWebhook({ ...place, webhook: operands.webhook }))
    return undefined
  },
})
