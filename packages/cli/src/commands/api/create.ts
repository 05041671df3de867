import { workspaceCommand } from '../../admin-command.ts'
import { usageFailure } from '../../failure.ts'
import { changeOptions, stage } from '../../staging.ts'
import { renderFields } from '../../terminal/table.ts'
import { apiOptions, readApi } from './members.ts'
import { apiFields } from './view.ts'

export const apiCreate = workspaceCommand({
  name: 'api create',
  summary: 'Create an API with its scopes',
  operands: { api: { summary: 'Its id: small letters, digits, dots, dashes' } },
  options: {
    audience: { type: 'text', value: 'URI', summary: 'Absolute URI its tokens are for; needed' },
    ...apiOptions,
    ...changeOptions,
  },
  examples: [
    {
      line: "mintmark api create orders --audience https://orders.example --scope 'orders:read Read orders' --scope orders:write",
      says: 'two scopes; tokens are JWTs signed with ES256',
    },
    {
      line: 'mintmark api create reports --audience https://reports.example --scope reports:read --format opaque',
      says: 'tokens only this server can read',
    },
  ],
  run: async ({ admin, place, operands, options, output }) => {
    if (options.audience === undefined) throw usageFailure('an API needs its --audience, an absolute URI')
    const value = { id: operands.api, audience: options.audience, ...readApi(options) }
    if (options.change !== undefined) {
      await stage({ admin, place, output }, options.change, { action: 'create', kind: 'api', value })
      return undefined
    }
    const api = await admin.createApi(place, value)
    output.result(api, (screen) => renderFields(apiFields(api), screen))
    return undefined
  },
})
