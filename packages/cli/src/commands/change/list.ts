import { workspaceCommand } from '../../admin-command.ts'
import { renderTable } from '../../terminal/table.ts'
import { draftColumns } from './view.ts'

export const changeList = workspaceCommand({
  name: 'change list',
  summary: 'List the change sets that are not committed yet',
  operands: {},
  options: {},
  examples: [{ line: 'mintmark change list', says: 'who is preparing what' }],
  run: async ({ admin, place, output }) => {
    const { items } = await admin.listDrafts(place)
    output.result(items, (screen) => renderTable(items, draftColumns, screen))
    return undefined
  },
})
