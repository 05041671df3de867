import { workspaceCommand } from '../../admin-command.ts'
import { renderRotation } from './view.ts'

export const rotateStatus = workspaceCommand({
  name: 'rotate status',
  summary: 'Say who still uses the old credential of a client, and when it is safe to retire it',
  details: 'Safe is: unused for three token lifetimes by every caller of the last 30 days.',
  operands: { client: { summary: 'Id of the client' } },
  options: {},
  examples: [{ line: 'mintmark rotate status billing', says: 'every caller of the old one, the latest first' }],
  run: async ({ admin, place, operands: { client }, output, now }) => {
    const rotation = await admin.showRotation({ ...place, client })
    output.result(rotation, (screen) => renderRotation(rotation, now(), screen))
    return undefined
  },
})
