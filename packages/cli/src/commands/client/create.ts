import { workspaceCommand } from '../../admin-command.ts'
import { usageFailure } from '../../failure.ts'
import { changeOptions, secretRemark, stage } from '../../staging.ts'
import { renderFields } from '../../terminal/table.ts'
import { given } from '../../values.ts'
import { readSecretSource, sourceOptions } from '../secret/source.ts'
import { clientOptions, readClient } from './members.ts'
import { clientFields, createdSecretFields } from './view.ts'

export const clientCreate = workspaceCommand({
  name: 'client create',
  summary: 'Create a client, with a first secret when one is asked for',
  details: 'A client may do nothing until it has a capability, and prove nothing until it has a secret.',
  operands: { client: { optional: true, summary: 'Its id; the server makes one up without it' } },
  options: {
    ...clientOptions,
    secret: {
      type: 'text',
      value: 'generate',
      choices: ['generate'],
      summary: 'Have the server make a secret; shown once',
    },
    ...sourceOptions,
    ...changeOptions,
  },
  examples: [
    {
      line: 'mintmark client create billing --capability client_credentials --permit orders:orders:read,orders:write --default orders:read --secret generate',
      says: 'a client that may get tokens for the API orders',
    },
    {
      line: 'mintmark client create server --capability client_credentials --lifetime 299 --secret-env SERVER_SECRET',
      says: 'a chosen secret; tokens live 299 seconds',
    },
    {
      line: 'mintmark client create orders-api --capability introspection --introspects orders --secret generate',
      says: 'an API that asks about its tokens',
    },
  ],
  run: async (invocation) => {
    const { admin, place, operands, options, output } = invocation
    if (options.secret !== undefined && (options['secret-file'] ?? options['secret-env'] ?? options['hash-file'])) {
      throw usageFailure('--secret generate excludes a secret from elsewhere')
    }
    const secret = await readSecretSource(options, invocation, options.secret === undefined ? undefined : 'generated')
    const value = given({ id: operands.client, ...readClient(options), secret })
    if (options.change !== undefined) {
      await stage({ admin, place, output }, options.change, { action: 'create', kind: 'client', value })
      return undefined
    }
    const client = await admin.createClient(place, value)
    output.result(client, (screen) =>
      renderFields(
        [...clientFields(client), ...(client.secret === undefined ? [] : createdSecretFields(client.secret))],
        screen,
      ),
    )
    if (client.secret?.secret !== undefined) output.remark(secretRemark)
    return undefined
  },
})
