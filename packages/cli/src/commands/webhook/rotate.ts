import { workspaceCommand } from '../../admin-command.ts'
import { secretRemark } from '../../staging.ts'
import { renderFields } from '../../terminal/table.ts'
import { given, readOverlap } from '../../values.ts'
import { webhookFields } from './view.ts'

export const webhookRotate = workspaceCommand({
  name: 'webhook rotate',
  summary: 'Sign with a new secret, and for an overlap with the one before too',
  operands: { webhook: { summary: 'Its id' } },
  options: {
    overlap: {
      type: 'text',
      value: 'TIME',
      summary: 'How long messages have both signatures: 0, 1h, 7d; by default as the workspace says, a day',
    },
  },
  examples: [
    { line: 'mintmark webhook rotate alerts', says: 'give its place the new secret within the overlap' },
    { line: 'mintmark webhook rotate alerts --overlap 0', says: 'the old one leaked' },
  ],
  run: async ({ admin, place, operands, options, output }) => {
    const overlap = options.overlap === undefined ? undefined : readOverlap(options.overlap)
    const webhook = await admin.rotateWebhookSecret({ ...place, webhook: operands.webhook }, given({ overlap }))
    output.result(webhook, (screen) => renderFields(webhookFields(webhook), screen))
    output.remark(secretRemark)
    return undefined
  },
})
