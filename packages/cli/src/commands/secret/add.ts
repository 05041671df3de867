import { workspaceCommand } from '../../admin-command.ts'
import { changeOptions, secretRemark, stage, stagedMember, stagedOptions } from '../../staging.ts'
import { renderFields } from '../../terminal/table.ts'
import { createdSecretFields } from '../client/view.ts'
import { readSecretSource, sourceOptions } from './source.ts'

export const secretAdd = workspaceCommand({
  name: 'secret add',
  summary: 'Add a secret to a client; the others stay',
  details: 'Without a source the server makes one of 256 bits and shows it once.',
  operands: { client: { summary: 'Id of the client' } },
  options: { ...sourceOptions, ...stagedOptions, ...changeOptions },
  examples: [
    { line: 'mintmark secret add billing --expires 90d', says: 'made by the server, ends by itself' },
    { line: 'mintmark secret add server --secret-env SERVER_SECRET', says: 'a chosen one' },
  ],
  run: async (invocation) => {
    const { admin, place, operands, options, output } = invocation
    const source = (await readSecretSource(options, invocation, 'generated')) ?? { type: 'generated' as const }
    const value = { ...source, ...stagedMember(options) }
    if (options.change !== undefined) {
      const change = { action: 'create', kind: 'secret', client: operands.client, value } as const
      await stage({ admin, place, output }, options.change, change)
      return undefined
    }
    const secret = await admin.createSecret({ ...place, client: operands.client }, value)
    output.result(secret, (screen) => renderFields(createdSecretFields(secret), screen))
    if (secret.secret !== undefined) output.remark(secretRemark)
    return undefined
  },
})
