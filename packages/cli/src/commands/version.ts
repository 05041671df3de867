import { defineCommand } from '../command.ts'

export const version = defineCommand({
  name: 'version',
  summary: 'Print the version of this program; --version does the same',
  operands: {},
  options: {},
  examples: [{ line: 'mintmark version', says: 'such as 0.1.0' }],
  run: async ({ output, version }) => {
    output.result({ version }, () => `${version}\n`)
    return undefined
  },
})
