import { workspaceCommand } from '../../admin-command.ts'
import { usageFailure } from '../../failure.ts'
import { changeOptions, stage } from '../../staging.ts'
import { renderFields } from '../../terminal/table.ts'
import { createdSecretFields } from '../client/view.ts'
import { readSecretSource, sourceOptions } from './source.ts'

export const secretImport = workspaceCommand({
  name: 'secret import',
  summary: 'Import the hash that another server kept of a secret, so that the client keeps its secret',
  operands: { client: { summary: 'Id of the client' } },
  options: { 'hash-file': sourceOptions['hash-file'], expires: sourceOptions.expires, ...changeOptions },
  examples: [{ line: 'mintmark secret import billing --hash-file billing.bcrypt', says: 'bcrypt, or a PHC string' }],
  run: async (invocation) => {
    const { admin, place, operands, options, output } = invocation
    if (options['hash-file'] === undefined)
      throw usageFailure('which hash? Name its --hash-file; - reads it from stdin')
    const none = { 'secret-file': undefined, 'secret-env': undefined }
    const value = await readSecretSource({ ...options, ...none }, invocation, undefined)
    if (value === undefined) return undefined
    if (options.change !== undefined) {
      const change = { action: 'create', kind: 'secret', client: operands.client, value } as const
      await stage({ admin, place, output }, options.change, change)
      return undefined
    }
    const secret = await admin.createSecret({ ...place, client: operands.client }, value)
    output.result(secret, (screen) => renderFields(createdSecretFields(secret), screen))
    return undefined
  },
})
