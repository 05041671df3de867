import { adminCommand } from '../../admin-command.ts'
import { renderFields } from '../../terminal/table.ts'
import { tenantFields } from './view.ts'

export const tenantCreate = adminCommand({
  name: 'tenant create',
  summary: 'Create a tenant',
  operands: { tenant: { summary: 'Its id: small letters, digits, dots, dashes' } },
  options: { name: { type: 'text', value: 'TEXT', summary: 'Its name for people' } },
  examples: [
    { line: "mintmark tenant create acme --name 'Acme Ltd'", says: 'an organization with its own workspaces' },
  ],
  run: async ({ admin, operands, options, output }) => {
    const tenant = await admin.createTenant({ id: operands.tenant, displayName: options.name })
    output.result(tenant, (screen) => renderFields(tenantFields(tenant), screen))
    return undefined
  },
})
