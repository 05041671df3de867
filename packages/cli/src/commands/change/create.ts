import { workspaceCommand } from '../../admin-command.ts'
import { given } from '../../values.ts'

export const changeCreate = workspaceCommand({
  name: 'change create',
  summary: 'Begin a change set; prints its id, for --change of other commands',
  operands: {},
  options: { note: { type: 'text', value: 'TEXT', summary: 'Why, for the history' } },
  examples: [
    { line: "change=$(mintmark change create --note 'New billing job')", says: 'begin' },
    { line: 'mintmark client create billing --capability client_credentials --change $change', says: 'stage' },
    { line: 'mintmark change diff $change && mintmark change commit $change', says: 'look, and commit' },
  ],
  run: async ({ admin, place, options, output }) => {
    const draft = await admin.createDraft(place, given({ note: options.note }))
    output.result(draft, () => `${draft.id}\n`)
    return undefined
  },
})
