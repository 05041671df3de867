import { workspaceCommand } from '../../admin-command.ts'
import { usageFailure } from '../../failure.ts'
import { renderFields } from '../../terminal/table.ts'
import { given } from '../../values.ts'

const readSequence = (text: string): number => {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw usageFailure(`"${text}" is not the number of a message`)
  return Number(text)
}

export const webhookResend = workspaceCommand({
  name: 'webhook resend',
  summary: 'Send dead letters and waiting messages again, as if they were new; a webhook that was gone is tried again',
  operands: {
    webhook: { summary: 'Its id' },
    sequence: { summary: 'Numbers of messages; without one all of them', optional: true, many: true },
  },
  options: {},
  examples: [
    { line: 'mintmark webhook resend alerts', says: 'its place is well again' },
    { line: 'mintmark webhook resend alerts 4711', says: 'that one' },
  ],
  run: async ({ admin, place, operands, output }) => {
    const sequences = operands.sequence.length === 0 ? undefined : operands.sequence.map(readSequence)
    const { resent } = await admin.resendWebhookMessages({ ...place, webhook: operands.webhook }, given({ sequences }))
    output.result({ resent }, (screen) => renderFields([['sent again', resent]], screen))
    return undefined
  },
})
