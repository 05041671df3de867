import { workspaceCommand } from '../../admin-command.ts'
import { exitCode } from '../../exit-code.ts'
import { renderFields } from '../../terminal/table.ts'

export const webhookTest = workspaceCommand({
  name: 'webhook test',
  summary: 'Send one message of the type webhook.test now, and say whether it was taken',
  details:
    'It changes nothing: neither what waits nor how the webhook is seen to do. Ends with 1 when it was not taken.',
  operands: { webhook: { summary: 'Its id' } },
  options: {},
  examples: [{ line: 'mintmark webhook test alerts', says: 'the status, or why there is none' }],
  run: async ({ admin, place, operands, output }) => {
    const tested = await admin.testWebhook({ ...place, webhook: operands.webhook })
    output.result(tested, (screen) =>
      renderFields(
        [
          ['taken', tested.delivered ? 'yes' : 'no'],
          ['outcome', tested.outcome],
          ['time', `${tested.milliseconds} ms`],
        ],
        screen,
      ),
    )
    return tested.delivered ? undefined : exitCode.failed
  },
})
