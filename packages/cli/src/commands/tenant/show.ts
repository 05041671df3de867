import { adminCommand } from '../../admin-command.ts'
import { renderFields } from '../../terminal/table.ts'
import { tenantFields } from './view.ts'

export const tenantShow = adminCommand({
  name: 'tenant show',
  summary: 'Show a tenant',
  operands: { tenant: { summary: 'Its id' } },
  options: {},
  examples: [{ line: 'mintmark tenant show acme', says: 'when it was made, and its name' }],
  run: async ({ admin, operands, output }) => {
    const tenant = await admin.showTenant({ tenant: operands.tenant })
    output.result(tenant, (screen) => renderFields(tenantFields(tenant), screen))
    return undefined
  },
})
