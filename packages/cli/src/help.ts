import type { Catalogue, Command, OptionSpec } from './command.ts'
import { commandsBelow, commonOptions } from './parse.ts'
import type { Screen } from './terminal/terminal.ts'
import { pad, wrap } from './terminal/text-width.ts'

type Look = Pick<Screen, 'paint' | 'width'>

/** Narrower than this a text beside a name is hard to read, and the terminal may break lines where it likes. */
const narrowest = 24

/** Names with a text beside each, in lines that fit the terminal. */
const list = (rows: readonly (readonly [string, string])[], screen: Look): string => {
  const names = rows.reduce((widest, [name]) => Math.max(widest, name.length), 0)
  const room = screen.width === undefined ? undefined : screen.width - names - 4
  const columns = room === undefined || room < narrowest ? undefined : room
  return rows
    .map(([name, text]) => `  ${pad(name, names)}  ${wrap(text, columns).join(`\n${' '.repeat(names + 4)}`)}\n`)
    .join('')
}

const paragraph = (text: string, { width }: Look): string => `${wrap(text, width).join('\n')}\n`

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

const listBelow = (words: readonly string[], catalogue: Catalogue, screen: Look): string =>
  `${screen.paint('bold', 'Commands')}\n${list(
    commandsBelow(words, catalogue).map(({ name, summary }) => [`mintmark ${name}`, summary] as const),
    screen,
  )}`

/** The help of one command, and what there is below it. */
export const commandHelp = (command: Command, catalogue: Catalogue, screen: Look): string => {
  const { paint } = screen
  const operands = Object.entries(command.operands).map(([name, { summary }]) => [name.toUpperCase(), summary] as const)
  const parts = [
    paragraph(`${command.summary}.`, screen),
    ...(command.details === undefined ? [] : [paragraph(command.details, screen)]),
    `${paint('bold', 'Usage')}\n  ${usageLine(command)}\n`,
    ...(operands.length === 0 ? [] : [`${paint('bold', 'Arguments')}\n${list(operands, screen)}`]),
    `${paint('bold', 'Flags')}\n${list(rowsOfFlags({ ...command.options, ...commonOptions }), screen)}`,
    ...(commandsBelow([command.name], catalogue).length === 0 ? [] : [listBelow([command.name], catalogue, screen)]),
    `${paint('bold', 'Examples')}\n${command.examples.map(({ line, says }) => `  # ${says}\n  ${line}\n`).join('')}`,
  ]
  return parts.join('\n')
}

/** The help of a group such as `client`. */
export const groupHelp = (words: readonly string[], catalogue: Catalogue, screen: Look): string =>
  [listBelow(words, catalogue, screen), `mintmark help ${words.join(' ')} COMMAND shows flags and examples.\n`].join(
    '\n',
  )

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
      if (!rows.some(([row]) => row === group)) rows.push([group, ''])
    }
  }
  return rows.map(([name, summary]) => {
    const verbs = groups.get(name)?.join(' · ')
    if (verbs === undefined) return [name, summary]
    return [name, summary === '' ? verbs : `${summary} (then: ${verbs})`]
  })
}

/** The help of everything. */
export const overallHelp = ({ commands, foreign }: Catalogue, screen: Look): string => {
  const { paint } = screen
  return [
    'Mintmark, the authorization system for machines.\n',
    `${paint('bold', 'Usage')}\n  mintmark COMMAND [ARGUMENTS] [FLAGS]\n`,
    ...(foreign.length === 0
      ? []
      : [
          `${paint('bold', "On the server's machine")}\n${list(
            foreign.map(({ name, summary }) => [name, summary] as const),
            screen,
          )}`,
        ]),
    `${paint('bold', 'From anywhere, against a running server')}\n${list(overview(commands), screen)}`,
    paragraph('mintmark help COMMAND explains one, with examples. Every command takes --json.', screen),
    paragraph(
      'Exit codes: 0 done · 1 failed · 2 usage · 3 not found · 4 denied · 78 bad configuration · 130 interrupted',
      screen,
    ),
  ].join('\n')
}
