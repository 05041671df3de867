import { workspaceCommand } from '../../admin-command.ts'
import { changeOptions, stage } from '../../staging.ts'
import { renderFields } from '../../terminal/table.ts'
import { enableOptions, given, readEnabled, requireSomething } from '../../values.ts'
import { clientOptions, readClient } from './members.ts'
import { clientFields } from './view.ts'

export const clientUpdate = workspaceCommand({
  name: 'client update',
  summary: 'Change a client; what is not named stays, a list that is named is replaced',
  operands: { client: { summary: 'Its id' } },
  options: { ...clientOptions, ...enableOptions, ...changeOptions },
  examples: [
    {
      line: 'mintmark client update billing --permit orders:orders:read --default orders:read',
      says: 'all it may have',
    },
    { line: 'mintmark client update billing --allow-address 10.0.0.0/8', says: 'only from there' },
    { line: 'mintmark client update billing --disable', says: 'refuse it for now' },
  ],
  run: async ({ admin, place, operands, options, output }) => {
    const value = requireSomething(given({ enabled: readEnabled(options), ...readClient(options) }))
    if (options.change !== undefined) {
      const change = { action: 'update', kind: 'client', id: operands.client, value } as const
      await stage({ admin, place, output }, options.change, change)
      return undefined
    }
    const client = await admin.updateClient({ ...place, client: operands.client }, value)
    output.result(client, (screen) => renderFields(clientFields(client), screen))
    return undefined
  },
})
