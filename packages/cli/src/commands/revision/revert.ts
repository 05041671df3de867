import { workspaceCommand } from '../../admin-command.ts'
import { confirmOptions, printCommitted } from '../../staging.ts'
import { given } from '../../values.ts'
import { readRevision } from './number.ts'

export const revisionRevert = workspaceCommand({
  name: 'revision revert',
  summary: 'Commit a new revision that is as an earlier one was; secrets are never brought back',
  operands: { revision: { summary: 'The number to go back to' } },
  options: { note: { type: 'text', value: 'TEXT', summary: 'Why, for the history' }, ...confirmOptions },
  examples: [{ line: "mintmark revision revert 12 --note 'The new limits were wrong'", says: 'asks first' }],
  run: async ({ admin, place, operands, options, output, confirm }) => {
    const number = readRevision(operands.revision)
    await confirm(`Make ${place.tenant}/${place.workspace} as it was at revision ${number}?`, options.yes)
    const committed = await admin.revertToRevision(
      { ...place, revision: String(number) },
      given({ note: options.note }),
    )
    printCommitted(output, committed)
    return undefined
  },
})
