import { dirname, resolve } from 'node:path'
import { workspaceCommand } from '../../admin-command.ts'
import { readInput } from '../../connection/read-file.ts'
import { readChanges } from '../../document/read-changes.ts'
import { usageFailure } from '../../failure.ts'
import { renderDraft } from './view.ts'

export const changeStage = workspaceCommand({
  name: 'change stage',
  summary: 'Add changes from a file to a change set',
  details:
    'The file is a list in YAML or JSON, each with action, kind, id and value as in the admin API. Secrets are not\nwritten in it: {env: NAME} or {file: PATH} stands for one.',
  operands: { change: { summary: 'Its id' } },
  options: {
    file: { type: 'text', short: 'f', value: 'FILE', summary: 'File with the changes; - reads them from stdin' },
  },
  examples: [{ line: 'mintmark change stage k3VbQ9 -f changes.yaml', says: 'add what the file lists' }],
  run: async ({ admin, place, operands, options, environment, cwd, stdin, output }) => {
    const { file } = options
    if (file === undefined) throw usageFailure('which changes? Name a file: -f FILE')
    const directory = file === '-' ? cwd : dirname(resolve(cwd, file))
    const changes = readChanges(await readInput(file, cwd, stdin), { name: file, environment, directory })
    const draft = await admin.stageChanges({ ...place, change: operands.change }, { changes })
    output.result(draft, (screen) => renderDraft(draft, screen))
    return undefined
  },
})
