import { workspaceCommand } from '../../admin-command.ts'
import { changeOptions, confirmOptions, printCommitted, stage } from '../../staging.ts'

export const secretRemove = workspaceCommand({
  name: 'secret remove',
  summary: 'Remove a secret: it proves the client no more from the next request on',
  operands: {
    client: { summary: 'Id of the client' },
    secret: { summary: 'Id of the secret, from mintmark secret list' },
  },
  options: { ...confirmOptions, ...changeOptions },
  examples: [{ line: 'mintmark secret remove billing c4XpQ2', says: 'asks first' }],
  run: async ({ admin, place, operands: { client, secret }, options, output, confirm }) => {
    if (options.change !== undefined) {
      await stage({ admin, place, output }, options.change, { action: 'delete', kind: 'secret', client, id: secret })
      return undefined
    }
    await confirm(`Remove the secret ${secret} of ${client}? Whoever uses it is refused from now on.`, options.yes)
    printCommitted(output, await admin.deleteSecret({ ...place, client, secret }))
    return undefined
  },
})
