import { workspaceCommand } from '../../admin-command.ts'
import { renderFields } from '../../terminal/table.ts'
import { credentialLine } from './view.ts'

export const forceOptions = {
  force: { type: 'switch', summary: 'Also when callers used it within three token lifetimes: they will be refused' },
} as const

export const rotateComplete = workspaceCommand({
  name: 'rotate complete',
  summary: 'Retire the old credential of a client before its end; refused while callers use it',
  operands: { client: { summary: 'Id of the client' } },
  options: forceOptions,
  examples: [
    { line: 'mintmark rotate complete billing', says: 'names the callers when it is too early, and ends with 1' },
  ],
  run: async ({ admin, place, operands: { client }, options, output }) => {
    const rotated = await admin.completeRotation({ ...place, client }, options.force ? { force: true } : {})
    output.result(rotated, (screen) =>
      renderFields(
        [
          ['client', client],
          ['retired', rotated.old.map(credentialLine)],
        ],
        screen,
      ),
    )
    output.remark(`For seven days it can be undone: mintmark rotate cancel ${client}`)
    return undefined
  },
})
