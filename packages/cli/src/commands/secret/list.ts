import type { SecretView } from '@mintmark/protocol/admin'
import { workspaceCommand } from '../../admin-command.ts'
import { type Column, renderTable } from '../../terminal/table.ts'
import { withoutFractions } from '../../terminal/times.ts'
import { endColumn, lastUsedColumn, stateColumn } from '../credential/view.ts'

const columns: readonly Column<SecretView>[] = [
  { title: 'SECRET', value: ({ id }) => id, whole: true },
  { title: 'KIND', value: ({ kind }) => kind },
  { title: 'KNOWN BY', value: ({ hint }) => (hint === '' ? '' : `…${hint}`) },
  stateColumn,
  { title: 'CREATED', value: ({ created }) => withoutFractions(created) },
  endColumn,
  lastUsedColumn,
]

export const secretList = workspaceCommand({
  name: 'secret list',
  summary: 'List the secrets of a client: when made, when they end, when last used; never what they are',
  operands: { client: { summary: 'Id of the client' } },
  options: {},
  examples: [{ line: 'mintmark secret list billing', says: 'which one is still in use' }],
  run: async ({ admin, place, operands, output }) => {
    const { items } = await admin.listSecrets({ ...place, client: operands.client })
    output.result(items, (screen) => renderTable(items, columns, screen))
    return undefined
  },
})
