import { workspaceCommand } from '../../admin-command.ts'
import { gather, listOptions, moreRemark, readLimit } from '../../connection/pages.ts'
import { renderTable } from '../../terminal/table.ts'
import { messageColumns } from './view.ts'

export const webhookMessages = workspaceCommand({
  name: 'webhook messages',
  summary: 'List what a webhook did not take: the dead letters, or what waits to be tried again',
  operands: { webhook: { summary: 'Its id' } },
  options: { waiting: { type: 'switch', summary: 'What waits, not the dead letters' }, ...listOptions },
  examples: [
    { line: 'mintmark webhook messages alerts', says: 'what was given up after three days' },
    { line: 'mintmark audit --type credential.expiring --json', says: 'what they say is in the audit log' },
  ],
  run: async ({ admin, place, operands, options, output, progress }) => {
    const { items, more } = await gather(
      (query) =>
        admin.listWebhookMessages(
          { ...place, webhook: operands.webhook },
          { ...query, state: options.waiting ? 'waiting' : 'dead' },
        ),
      readLimit(options),
      progress('messages'),
    )
    output.result(items, (screen) => renderTable(items, messageColumns, screen))
    if (more) output.remark(moreRemark)
    return undefined
  },
})
