import { workspaceCommand } from '../../admin-command.ts'
import { renderFields } from '../../terminal/table.ts'
import { forceOptions } from './complete.ts'
import { credentialLine } from './view.ts'

export const rotateCancel = workspaceCommand({
  name: 'rotate cancel',
  summary: 'Make the old credential of a client live again and retire the new one; refused while callers use that',
  details: 'For seven days after its end a rotation can still be cancelled.',
  operands: { client: { summary: 'Id of the client' } },
  options: forceOptions,
  examples: [{ line: 'mintmark rotate cancel billing', says: 'as it was before the rotation' }],
  run: async ({ admin, place, operands: { client }, options, output }) => {
    const rotated = await admin.cancelRotation({ ...place, client }, options.force ? { force: true } : {})
    output.result(rotated, (screen) =>
      renderFields(
        [
          ['client', client],
          ['live', rotated.old.map(credentialLine)],
          ['retired', rotated.fresh.map(credentialLine)],
        ],
        screen,
      ),
    )
    return undefined
  },
})
