import { workspaceCommand } from '../../admin-command.ts'
import { confirmOptions } from '../../staging.ts'
import { renderTable } from '../../terminal/table.ts'
import { keyColumns } from './view.ts'

export const keyCompromise = workspaceCommand({
  name: 'key compromise',
  summary: 'Give a key up at once: it is withdrawn, what it signed is revoked, and a new key signs',
  operands: { kid: { summary: 'Id of the key, from mintmark key list' } },
  options: confirmOptions,
  examples: [
    { line: 'mintmark key compromise 4vJ9x0', says: 'asks first: every token it signed is refused from now on' },
  ],
  run: async ({ admin, place, operands, options, output, confirm }) => {
    await confirm(`Give up the key ${operands.kid}? Every token it signed dies at once.`, options.yes)
    const { items } = await admin.compromiseKey({ ...place, kid: operands.kid })
    output.result(items, (screen) => renderTable(items, keyColumns, screen))
    return undefined
  },
})
