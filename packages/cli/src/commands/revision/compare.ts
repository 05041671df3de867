import { workspaceCommand } from '../../admin-command.ts'
import { renderDifferences } from '../../terminal/differences.ts'
import { given } from '../../values.ts'
import { readRevision } from './number.ts'

export const revisionCompare = workspaceCommand({
  name: 'revision compare',
  summary: 'Show what differs between two revisions',
  operands: { from: { summary: 'The one' }, to: { optional: true, summary: 'The other; the current one without it' } },
  options: {},
  examples: [
    { line: 'mintmark revision compare 10', says: 'what changed since' },
    { line: 'mintmark revision compare 10 12', says: 'and between two' },
  ],
  run: async ({ admin, place, operands, output }) => {
    const from = readRevision(operands.from)
    const to = operands.to === undefined ? undefined : readRevision(operands.to)
    const comparison = await admin.compareRevisions(place, given({ from, to }) as { from: number; to?: number })
    output.result(comparison, (screen) => renderDifferences(comparison.changes, screen))
    return undefined
  },
})
