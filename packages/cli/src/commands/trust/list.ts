import { workspaceCommand } from '../../admin-command.ts'
import { gather, moreRemark, readLimit, searchOptions } from '../../connection/pages.ts'
import { renderTable } from '../../terminal/table.ts'
import { trustColumns } from './view.ts'

export const trustList = workspaceCommand({
  name: 'trust list',
  summary: 'List the platforms whose tokens count in a workspace',
  operands: {},
  options: searchOptions,
  examples: [{ line: 'mintmark trust list', says: 'issuers, and where their keys are' }],
  run: async ({ admin, place, options, output, progress }) => {
    const { items, more } = await gather(
      (query) => admin.listTrusts(place, { ...query, search: options.search }),
      readLimit(options),
      progress('trusts'),
    )
    output.result(items, (screen) => renderTable(items, trustColumns, screen))
    if (more) output.remark(moreRemark)
    return undefined
  },
})
