import { parseArgs } from 'node:util'
import type { Catalogue, Command, OptionSpec, OptionSpecs } from './command.ts'
import { type CommandFailure, usageFailure } from './failure.ts'
import { didYouMean } from './nearest.ts'

/** The flags every command has. */
export const commonOptions = {
  output: {
    type: 'text',
    value: 'FORMAT',
    choices: ['table', 'json'],
    summary: 'How to print: a table for people, JSON for programs',
  },
  json: { type: 'switch', summary: 'Short for --output json' },
  help: { type: 'switch', short: 'h', summary: 'Show help' },
} as const satisfies OptionSpecs

export const optionsOf = (command: Command): OptionSpecs => ({ ...command.options, ...commonOptions })

/** The command whose name the arguments begin with, the longest one, and what is left. */
export const findCommand = (
  args: readonly string[],
  { commands }: Catalogue,
): { readonly command: Command; readonly rest: readonly string[] } | undefined => {
  for (let length = Math.min(3, args.length); length > 0; length--) {
    const name = args.slice(0, length).join(' ')
    const command = commands.find((candidate) => candidate.name === name)
    if (command !== undefined) return { command, rest: args.slice(length) }
  }
  return undefined
}

/** The commands below a word: those of `client`, or all of them below nothing. */
export const commandsBelow = (words: readonly string[], { commands }: Catalogue): readonly Command[] => {
  const prefix = words.map((word) => `${word} `).join('')
  return commands.filter(({ name }) => name.startsWith(prefix))
}

/** What to say about arguments that name no command. */
export const unknownCommand = (args: readonly string[], catalogue: Catalogue): CommandFailure => {
  const words = args.filter((word) => !word.startsWith('-')).slice(0, 2)
  const [group = '', verb] = words
  const within = commandsBelow([group], catalogue)
  if (within.length > 0) {
    const verbs = within.map(({ name }) => name.slice(group.length + 1))
    if (verb === undefined) {
      return usageFailure(`mintmark ${group} needs one of: ${verbs.join(', ')}`, `see "mintmark help ${group}"`)
    }
    return usageFailure(
      `mintmark ${group} has no command "${verb}"`,
      didYouMean(verb, verbs) ?? `it has: ${verbs.join(', ')}`,
    )
  }
  const names = [...catalogue.commands, ...catalogue.foreign].map(({ name }) => name.split(' ')[0] ?? '')
  if (group === '') return usageFailure(`unknown flag "${args[0] ?? ''}"`, 'mintmark help lists the commands')
  return usageFailure(`there is no command "${group}"`, didYouMean(group, names) ?? 'mintmark help lists the commands')
}

export type Parsed = {
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>
  readonly operands: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly format: 'table' | 'json'
  readonly help: boolean
}

/**
 * Reads the arguments of a command.
 * @throws CommandFailure usage
 */
export const parseArguments = (
  command: Command,
  args: readonly string[],
  catalogue: Catalogue = { commands: [], foreign: [] },
): Parsed => {
  const specs = optionsOf(command)
  const hint = `mintmark help ${command.name}`
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, forParser(spec)])),
  })
  const values: Record<string, string | boolean | string[] | undefined> = {}
  for (const [name, spec] of Object.entries(specs)) {
    values[name] = spec.type === 'switch' ? false : spec.many ? [] : undefined
  }
  const words: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    const spec = Object.hasOwn(specs, token.name) ? specs[token.name] : undefined
    if (spec === undefined) throw unknownFlag(token.rawName, specs, hint)
    setValue(values, token.name, token.value, spec, hint)
  }
  const help = values.help === true
  return {
    options: values,
    operands: help ? {} : readOperands(command, words, hint, verbsBelow(command, catalogue)),
    format: values.json === true || values.output === 'json' ? 'json' : 'table',
    help,
  }
}

const forParser = (spec: OptionSpec) => ({
  type: spec.type === 'switch' ? ('boolean' as const) : ('string' as const),
  ...(spec.short === undefined ? {} : { short: spec.short }),
})

const unknownFlag = (flag: string, specs: OptionSpecs, hint: string): CommandFailure => {
  const flags = Object.keys(specs).map((name) => `--${name}`)
  return usageFailure(`unknown flag "${flag}"`, didYouMean(flag, flags) ?? `see "${hint}"`)
}

const setValue = (
  values: Record<string, string | boolean | string[] | undefined>,
  name: string,
  value: string | undefined,
  spec: OptionSpec,
  hint: string,
): void => {
  if (spec.type === 'switch') {
    if (value !== undefined) throw usageFailure(`--${name} takes no value`, `see "${hint}"`)
    values[name] = true
    return
  }
  if (value === undefined || (value.startsWith('--') && value.length > 2)) {
    throw usageFailure(`--${name} needs a value: --${name} ${spec.value}`, `see "${hint}"`)
  }
  if (spec.choices !== undefined && !spec.choices.includes(value)) {
    throw usageFailure(
      `--${name} cannot be "${value}"`,
      didYouMean(value, spec.choices) ?? `it can be: ${spec.choices.join(', ')}`,
    )
  }
  const current = values[name]
  if (Array.isArray(current)) current.push(value)
  else if (current !== undefined) throw usageFailure(`--${name} is given twice`)
  else values[name] = value
}

/** What may follow the name of a command that is also a group: `status` of `rotate`. */
const verbsBelow = ({ name }: Command, catalogue: Catalogue): readonly string[] =>
  commandsBelow([name], catalogue).map((below) => below.name.slice(name.length + 1))

const readOperands = (
  command: Command,
  words: readonly string[],
  hint: string,
  verbs: readonly string[],
): Record<string, string | readonly string[] | undefined> => {
  const rest = [...words]
  const operands: Record<string, string | readonly string[] | undefined> = {}
  for (const [name, spec] of Object.entries(command.operands)) {
    if (rest.length === 0 && !spec.optional) {
      throw usageFailure(`mintmark ${command.name} needs ${name.toUpperCase()}: ${spec.summary}`, `see "${hint}"`)
    }
    operands[name] = spec.many ? rest.splice(0) : rest.shift()
  }
  if (rest[0] !== undefined) {
    throw usageFailure(
      `mintmark ${command.name} does not take "${rest[0]}"`,
      didYouMean(words[0] ?? '', verbs) ?? `see "${hint}"`,
    )
  }
  return operands
}
