import { workspaceCommand } from '../../admin-command.ts'
import { confirmOptions } from '../../staging.ts'
import { renderFields } from '../../terminal/table.ts'
import { clientKeyFields } from './view.ts'

export const clientKeyUnfreeze = workspaceCommand({
  name: 'client-key unfreeze',
  summary: 'Let a frozen key prove its client again, and its tokens count again',
  details:
    'Keys are frozen when two keys claimed to succeed one of the client: somebody has a copy. Unfreeze the one that you know\nto be the client’s, and remove the others; when in doubt add a new key and remove all that are frozen.',
  operands: {
    client: { summary: 'Id of the client' },
    key: { summary: 'Id of the key, from mintmark client-key list' },
  },
  options: confirmOptions,
  examples: [{ line: 'mintmark client-key unfreeze billing c4XpQ2', says: 'asks first' }],
  run: async ({ admin, place, operands: { client, key }, options, output, confirm }) => {
    await confirm(`Let the key ${key} prove ${client} again? Whoever has a copy of it is let in too.`, options.yes)
    const lifted = await admin.unfreezeClientKey({ ...place, client, key })
    output.result(lifted, (screen) => renderFields(clientKeyFields(lifted), screen))
    return undefined
  },
})
