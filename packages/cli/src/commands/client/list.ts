import { workspaceCommand } from '../../admin-command.ts'
import { gather, moreRemark, readLimit, searchOptions } from '../../connection/pages.ts'
import { renderTable } from '../../terminal/table.ts'
import { clientColumns } from './view.ts'

export const clientList = workspaceCommand({
  name: 'client list',
  summary: 'List the clients of a workspace',
  operands: {},
  options: searchOptions,
  examples: [
    { line: 'mintmark client list --search billing', says: 'those with billing in their id or settings' },
    { line: 'mintmark client list --all --json', says: 'every one, for a program' },
  ],
  run: async ({ admin, place, options, output, progress }) => {
    const { items, more } = await gather(
      (query) => admin.listClients(place, { ...query, search: options.search }),
      readLimit(options),
      progress('clients'),
    )
    output.result(items, (screen) => renderTable(items, clientColumns, screen))
    if (more) output.remark(moreRemark)
    return undefined
  },
})
