import { adminCommand } from '../../admin-command.ts'
import { gather, listOptions, moreRemark, readLimit } from '../../connection/pages.ts'
import { renderTable } from '../../terminal/table.ts'
import { tenantColumns } from './view.ts'

export const tenantList = adminCommand({
  name: 'tenant list',
  summary: 'List the tenants',
  operands: {},
  options: listOptions,
  examples: [{ line: 'mintmark tenant list', says: 'every tenant you may see' }],
  run: async ({ admin, options, output, progress }) => {
    const { items, more } = await gather((query) => admin.listTenants(query), readLimit(options), progress('tenants'))
    output.result(items, (screen) => renderTable(items, tenantColumns, screen))
    if (more) output.remark(moreRemark)
    return undefined
  },
})
