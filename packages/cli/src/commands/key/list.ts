import { workspaceCommand } from '../../admin-command.ts'
import { renderTable } from '../../terminal/table.ts'
import { keyColumns } from './view.ts'

export const keyList = workspaceCommand({
  name: 'key list',
  summary: 'List the keys of a workspace and their states',
  operands: {},
  options: {},
  examples: [{ line: 'mintmark key list', says: 'which key signs, which comes next' }],
  run: async ({ admin, place, output }) => {
    const { items } = await admin.listKeys(place)
    output.result(items, (screen) => renderTable(items, keyColumns, screen))
    return undefined
  },
})
