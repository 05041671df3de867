import { defineCommand } from '../command.ts'
import { commandHelp, groupHelp, overallHelp } from '../help.ts'
import { commandsBelow, findCommand, unknownCommand } from '../parse.ts'

export const help = defineCommand({
  name: 'help',
  summary: 'Show what there is, or the flags and examples of a command',
  operands: { command: { optional: true, many: true, summary: 'The command, such as: client create' } },
  options: {},
  examples: [
    { line: 'mintmark help', says: 'every command' },
    { line: 'mintmark help token get', says: 'one of them' },
  ],
  run: async ({ operands: { command: words }, output, catalogue }) => {
    const { screen } = output
    const found = findCommand(words, catalogue)
    const text =
      words.length === 0
        ? overallHelp(catalogue, screen)
        : found !== undefined && found.rest.length === 0
          ? commandHelp(found.command, catalogue, screen)
          : commandsBelow(words, catalogue).length > 0
            ? groupHelp(words, catalogue, screen)
            : foreignHelp(words, catalogue.foreign)
    if (text === undefined) throw unknownCommand(words, catalogue)
    screen.write(text)
    return undefined
  },
})

const foreignHelp = (
  words: readonly string[],
  foreign: readonly { readonly name: string; readonly summary: string }[],
) => {
  const found = foreign.find(({ name }) => name === words.join(' '))
  return found === undefined ? undefined : `${found.summary}.\n\nmintmark ${found.name} --help shows more.\n`
}
