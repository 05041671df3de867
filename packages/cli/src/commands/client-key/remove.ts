import { workspaceCommand } from '../../admin-command.ts'
import { changeOptions, confirmOptions, printCommitted, stage } from '../../staging.ts'

export const clientKeyRemove = workspaceCommand({
  name: 'client-key remove',
  summary: 'Remove a key or certificate of a client: it proves the client no more from the next request on',
  operands: {
    client: { summary: 'Id of the client' },
    key: { summary: 'Id of the key, from mintmark client-key list' },
  },
  options: { ...confirmOptions, ...changeOptions },
  examples: [{ line: 'mintmark client-key remove billing c4XpQ2', says: 'asks first' }],
  run: async ({ admin, place, operands: { client, key }, options, output, confirm }) => {
    if (options.change !== undefined) {
      await stage({ admin, place, output }, options.change, { action: 'delete', kind: 'client-key', client, id: key })
      return undefined
    }
    await confirm(`Remove the key ${key} of ${client}? Whoever uses it is refused from now on.`, options.yes)
    printCommitted(output, await admin.deleteClientKey({ ...place, client, key }))
    return undefined
  },
})
