import { workspaceCommand } from '../../admin-command.ts'
import { changeOptions, stage } from '../../staging.ts'
import { renderFields } from '../../terminal/table.ts'
import { enableOptions, given, readEnabled, requireSomething } from '../../values.ts'
import { apiOptions, readApi } from './members.ts'
import { apiFields } from './view.ts'

export const apiUpdate = workspaceCommand({
  name: 'api update',
  summary: 'Change an API; what is not named stays',
  operands: { api: { summary: 'Its id' } },
  options: {
    audience: { type: 'text', value: 'URI', summary: 'Absolute URI its tokens are for' },
    ...apiOptions,
    ...enableOptions,
    ...changeOptions,
  },
  examples: [
    { line: 'mintmark api update orders --lifetime 5m --algorithm PS256', says: 'for tokens from now on' },
    { line: 'mintmark api update orders --format opaque --change k3', says: 'staged in a change set' },
  ],
  run: async ({ admin, place, operands, options, output }) => {
    const value = requireSomething(
      given({ audience: options.audience, enabled: readEnabled(options), ...readApi(options) }),
    )
    if (options.change !== undefined) {
      await stage({ admin, place, output }, options.change, { action: 'update', kind: 'api', id: operands.api, value })
      return undefined
    }
    const api = await admin.updateApi({ ...place, api: operands.api }, value)
    output.result(api, (screen) => renderFields(apiFields(api), screen))
    return undefined
  },
})
