import type { AuditEventView } from '@mintmark/protocol/admin'
import { adminCommand } from '../admin-command.ts'
import { renderFields } from '../terminal/table.ts'

export const explain = adminCommand({
  name: 'explain',
  summary: 'Explain a refusal by its reference: the check that failed, expected against received',
  operands: { reference: { summary: 'The reference, from the header Mintmark-Reference or a log line' } },
  options: {},
  examples: [{ line: 'mintmark explain 7hK2mQ9xWc', says: 'why a client was refused' }],
  run: async ({ admin, operands, output }) => {
    const found = await admin.explainReference({ reference: operands.reference })
    const event: AuditEventView = found.event
    const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
    output.result(
      found,
      (screen) =>
        `${screen.paint('bold', 'Refused')}: ${renderFields([['', found.sentence]], screen).trim()}\n\n${renderFields(
          [
            ['check', found.check],
            ['expected', found.expected],
            ['received', found.received],
            ['time', event.time],
            ['event', event.type],
            ['workspace', event.workspace],
            ['client', event.client],
            ['address', text(event.address)],
            ['answered', text(event.error)],
            ['reference', found.reference],
          ],
          screen,
        )}`,
    )
    return undefined
  },
})
