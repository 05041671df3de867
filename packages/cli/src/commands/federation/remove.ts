import { workspaceCommand } from '../../admin-command.ts'
import { changeOptions, confirmOptions, printCommitted, stage } from '../../staging.ts'

export const federationRemove = workspaceCommand({
  name: 'federation remove',
  summary: 'Take a workload from a client: it is the client no more from the next request on',
  operands: {
    client: { summary: 'Id of the client' },
    federation: { summary: 'Its id, from mintmark federation list' },
  },
  options: { ...confirmOptions, ...changeOptions },
  examples: [{ line: 'mintmark federation remove invoices c4XpQ2', says: 'asks first' }],
  run: async ({ admin, place, operands: { client, federation }, options, output, confirm }) => {
    if (options.change !== undefined) {
      const change = { action: 'delete', kind: 'federation', client, id: federation } as const
      await stage({ admin, place, output }, options.change, change)
      return undefined
    }
    await confirm(`Take ${federation} from ${client}? The workload is refused from now on.`, options.yes)
    printCommitted(output, await admin.deleteFederation({ ...place, client, federation }))
    return undefined
  },
})
