import { adminCommand } from '../admin-command.ts'
import { renderFields } from '../terminal/table.ts'

export const whoami = adminCommand({
  name: 'whoami',
  summary: 'Show who the admin API takes you for, and what you may do',
  operands: {},
  options: {},
  examples: [{ line: 'mintmark whoami', says: 'checks the connection too' }],
  run: async ({ admin, output }) => {
    const identity = await admin.whoAmI()
    output.result(identity, (screen) =>
      renderFields(
        [
          ['administrator', identity.client],
          ['in the audit log', identity.actor],
          ['may', identity.scopes],
        ],
        screen,
      ),
    )
    return undefined
  },
})
