import type { Catalogue, Command, OptionSpec } from './command.ts'
import { commandsBelow, commonOptions } from './parse.ts'
import type { Screen } from './terminal/terminal.ts'
import { pad } from './terminal/text-width.ts'

type Paint = Pick<Screen, 'paint'>

const list = (rows: readonly (readonly [string, string])[]): string => {
  const width = rows.reduce((widest, [name]) => Math.max(widest, name.length), 0)
  return rows.map(([name, text]) => `  ${pad(name, width)}  ${text}\n`).join('')
}

/** `--scope SCOPE` as it stands in help and in the reference. */
export const flagText = (name: string, spec: OptionSpec): string => {
  const short = spec.short === undefined ? '' : `-${spec.short}, `
  return `${short}--${name}${spec.type === 'switch' ? '' : ` ${spec.value}`}`
}

/** What a flag does, with its choices and whether it repeats. */
export const flagSummary = (spec: OptionSpec): string => {
  if (spec.type === 'switch') return spec.summary
  const choices = spec.choices === undefined ? '' : ` (${spec.choices.join(', ')})`
  return `${spec.summary}${choices}${spec.many ? '; may be repeated' : ''}`
}

/** `mintmark client create ID [flags]`. */
export const usageLine = (command: Command): string => {
  const operands = Object.entries(command.operands).map(([name, { optional, many }]) => {
    const text = `${name.toUpperCase()}${many ? '…' : ''}`
    return optional ? `[${text}]` : text
  })
  return ['mintmark', command.name, ...operands, '[flags]'].join(' ')
}

const rowsOfFlags = (options: Command['options']) =>
  Object.entries(options).map(([name, spec]) => [flagText(name, spec), flagSummary(spec)] as const)

/** The help of one command. */
export const commandHelp = (command: Command, { paint }: Paint): string => {
  const operands = Object.entries(command.operands).map(([name, { summary }]) => [name.toUpperCase(), summary] as const)
  const parts = [
    `${command.summary}.\n`,
    ...(command.details === undefined ? [] : [`${command.details}\n`]),
    `${paint('bold', 'Usage')}\n  ${usageLine(command)}\n`,
    ...(operands.length === 0 ? [] : [`${paint('bold', 'Arguments')}\n${list(operands)}`]),
    `${paint('bold', 'Flags')}\n${list(rowsOfFlags({ ...command.options, ...commonOptions }))}`,
    `${paint('bold', 'Examples')}\n${command.examples.map(({ line, says }) => `  # ${says}\n  ${line}\n`).join('')}`,
  ]
  return parts.join('\n')
}

/** The help of a group such as `client`. */
export const groupHelp = (words: readonly string[], catalogue: Catalogue, { paint }: Paint): string =>
  [
    `${paint('bold', 'Commands')}\n${list(commandsBelow(words, catalogue).map(({ name, summary }) => [`mintmark ${name}`, summary] as const))}`,
    `mintmark help ${words.join(' ')} COMMAND shows flags and examples.\n`,
  ].join('\n')

/** One line for each command, and one for each group with what it can do. */
const overview = (commands: Catalogue['commands']): readonly (readonly [string, string])[] => {
  const groups = new Map<string, string[]>()
  const rows: [string, string][] = []
  for (const { name, summary } of commands) {
    const [group = '', verb] = name.split(' ')
    if (verb === undefined) {
      rows.push([name, summary])
      continue
    }
    const verbs = groups.get(group)
    if (verbs !== undefined) verbs.push(verb)
    else {
      groups.set(group, [verb])
      rows.push([group, ''])
    }
  }
  return rows.map(([name, summary]) => [name, groups.get(name)?.join(' · ') ?? summary])
}

/** The help of everything. */
export const overallHelp = ({ commands, foreign }: Catalogue, { paint }: Paint): string =>
  [
    'Mintmark, the authorization system for machines.\n',
    `${paint('bold', 'Usage')}\n  mintmark COMMAND [ARGUMENTS] [FLAGS]\n`,
    ...(foreign.length === 0
      ? []
      : [
          `${paint('bold', "On the server's machine")}\n${list(foreign.map(({ name, summary }) => [name, summary] as const))}`,
        ]),
    `${paint('bold', 'From anywhere, against a running server')}\n${list(overview(commands))}`,
    'mintmark help COMMAND explains one, with examples. Every command takes --json.\n',
    'Exit codes: 0 done · 1 failed · 2 usage · 3 not found · 4 denied · 78 bad configuration · 130 interrupted\n',
  ].join('\n')
