import { existsSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { stringify } from 'yaml'
import { workspaceCommand } from '../admin-command.ts'
import { readTextFile, systemErrorCode } from '../connection/read-file.ts'
import { failed } from '../failure.ts'
import { confirmOptions } from '../staging.ts'

const headLine = '# Written by "mintmark export". Secrets are not in it: a client keeps the ones it has.\n'

const write = (file: string, text: string, named: string): void => {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw failed(`cannot write ${named}: ${systemErrorCode(error) || 'it failed'}`)
  }
}

export const exportWorkspace = workspaceCommand({
  name: 'export',
  summary: 'Write a workspace as a file for plan and apply, without secrets',
  operands: {},
  options: {
    file: { type: 'text', short: 'f', value: 'FILE', summary: 'Where to; to stdout without it' },
    ...confirmOptions,
  },
  examples: [
    { line: 'mintmark export -w acme/payments -f mintmark.yaml', says: 'asks before it replaces a file' },
    { line: 'mintmark export --json', says: 'the same as JSON' },
  ],
  run: async ({ admin, place, options, cwd, output, confirm }) => {
    const document = await admin.exportDocument(place)
    const text = headLine + stringify(document, { lineWidth: 0, aliasDuplicateObjects: false })
    if (options.file === undefined) {
      output.result(document, () => text)
      return undefined
    }
    const file = resolve(cwd, options.file)
    if (existsSync(file) && readTextFile(options.file, cwd) !== text) {
      await confirm(`Replace ${options.file}?`, options.yes)
    }
    write(file, text, options.file)
    output.result({ file }, () => `Wrote ${options.file}.\n`)
    return undefined
  },
})
