import { workspaceCommand } from '../../admin-command.ts'
import { renderDifferences } from '../../terminal/differences.ts'
import { renderFields } from '../../terminal/table.ts'
import { readRevision } from './number.ts'

export const revisionShow = workspaceCommand({
  name: 'revision show',
  summary: 'Show what a revision changed',
  operands: { revision: { summary: 'Its number' } },
  options: {},
  examples: [{ line: 'mintmark revision show 12', says: 'who changed what, and why' }],
  run: async ({ admin, place, operands, output }) => {
    const number = readRevision(operands.revision)
    const found = await admin.showRevision({ ...place, revision: String(number) })
    output.result(found, (screen) => {
      const { revision, time, actor, note } = found
      const fields = [['revision', revision] as const, ['time', time] as const, ['by', actor] as const]
      const why = note === '' ? [] : [['note', note] as const]
      return `${renderFields([...fields, ...why], screen)}\n${renderDifferences(found.changes, screen)}`
    })
    return undefined
  },
})
