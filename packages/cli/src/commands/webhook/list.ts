import { workspaceCommand } from '../../admin-command.ts'
import { gather, moreRemark, readLimit, searchOptions } from '../../connection/pages.ts'
import { renderTable } from '../../terminal/table.ts'
import { webhookColumns } from './view.ts'

export const webhookList = workspaceCommand({
  name: 'webhook list',
  summary: 'List the places that are told what happens in a workspace, and how they do',
  operands: {},
  options: searchOptions,
  examples: [{ line: 'mintmark webhook list', says: 'which one fails, and what waits' }],
  run: async ({ admin, place, options, output, progress }) => {
    const { items, more } = await gather(
      (query) => admin.listWebhooks(place, { ...query, search: options.search }),
      readLimit(options),
      progress('webhooks'),
    )
    output.result(items, (screen) => renderTable(items, webhookColumns, screen))
    if (more) output.remark(moreRemark)
    return undefined
  },
})
