import { workspaceCommand } from '../../admin-command.ts'
import { gather, moreRemark, readLimit, searchOptions } from '../../connection/pages.ts'
import { renderTable } from '../../terminal/table.ts'
import { apiColumns } from './view.ts'

export const apiList = workspaceCommand({
  name: 'api list',
  summary: 'List the APIs of a workspace',
  operands: {},
  options: searchOptions,
  examples: [{ line: 'mintmark api list -w acme/payments', says: 'audiences, scopes and token formats' }],
  run: async ({ admin, place, options, output, progress }) => {
    const { items, more } = await gather(
      (query) => admin.listApis(place, { ...query, search: options.search }),
      readLimit(options),
      progress('APIs'),
    )
    output.result(items, (screen) => renderTable(items, apiColumns, screen))
    if (more) output.remark(moreRemark)
    return undefined
  },
})
