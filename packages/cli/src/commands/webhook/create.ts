import { workspaceCommand } from '../../admin-command.ts'
import { usageFailure } from '../../failure.ts'
import { changeOptions, secretRemark, stage } from '../../staging.ts'
import { renderFields } from '../../terminal/table.ts'
import { readWebhook, webhookOptions } from './members.ts'
import { webhookFields } from './view.ts'

export const webhookCreate = workspaceCommand({
  name: 'webhook create',
  summary: 'Tell a place what happens from now on: ends that are near, rotations, alarms',
  details: 'Messages are signed (Standard Webhooks) with a secret that is shown once.',
  operands: { webhook: { summary: 'Its id: small letters, digits, dots, dashes' } },
  options: { ...webhookOptions, ...changeOptions },
  examples: [
    { line: 'mintmark webhook create alerts --url https://alerts.example/mintmark', says: 'what should not be missed' },
    {
      line: 'mintmark webhook create changes --url https://alerts.example/m --event configuration.,key.',
      says: 'every change of the workspace and of its signing keys',
    },
  ],
  run: async ({ admin, place, operands, options, output }) => {
    const { url, ...members } = readWebhook(options)
    if (url === undefined) throw usageFailure('a webhook needs its --url')
    const value = { id: operands.webhook, url, ...members }
    if (options.change !== undefined) {
      await stage({ admin, place, output }, options.change, { action: 'create', kind: 'webhook', value })
      return undefined
    }
    const webhook = await admin.createWebhook(place, value)
    output.result(webhook, (screen) => renderFields(webhookFields(webhook), screen))
    if (webhook.secret !== undefined) output.remark(secretRemark)
    return undefined
  },
})
