import { adminCommand } from '../../admin-command.ts'
import { gather, listOptions, moreRemark, readLimit } from '../../connection/pages.ts'
import { renderTable } from '../../terminal/table.ts'
import { workspaceColumns } from './view.ts'

export const workspaceList = adminCommand({
  name: 'workspace list',
  summary: 'List the workspaces',
  operands: {},
  options: { tenant: { type: 'text', value: 'TENANT', summary: 'Only those of a tenant' }, ...listOptions },
  examples: [
    { line: 'mintmark workspace list', says: 'every workspace you may see' },
    { line: 'mintmark workspace list --tenant acme --json', says: "a tenant's, for a program" },
  ],
  run: async ({ admin, options, output, progress }) => {
    const { items, more } = await gather(
      (query) => admin.listWorkspaces({ ...query, tenant: options.tenant }),
      readLimit(options),
      progress('workspaces'),
    )
    output.result(items, (screen) => renderTable(items, workspaceColumns, screen))
    if (more) output.remark(moreRemark)
    return undefined
  },
})
