import type { Catalogue, Command } from './command.ts'
import { usageFailure } from './failure.ts'
import { didYouMean } from './nearest.ts'
import { optionsOf } from './parse.ts'

/** What may follow the words typed so far: commands or their next word, and the flags of a whole command. */
type Node = { readonly path: string; readonly words: readonly string[]; readonly flags: readonly string[] }

const flagsOf = (command: Command): string[] => Object.keys(optionsOf(command)).map((name) => `--${name}`)

/** Every prefix of every command's name, with what may follow it. */
const nodes = ({ commands, foreign }: Catalogue): readonly Node[] => {
  const following = new Map<string, Set<string>>([['', new Set()]])
  for (const { name } of [...commands, ...foreign]) {
    const words = name.split(' ')
    for (const [index, word] of words.entries()) {
      const path = words.slice(0, index).join(' ')
      following.set(path, (following.get(path) ?? new Set()).add(word))
    }
    if (!following.has(name)) following.set(name, new Set())
  }
  // `help` takes the name of any command.
  const topWords = following.get('') ?? new Set()
  if (topWords.has('help')) following.set('help', new Set([...topWords].filter((word) => word !== 'help')))
  return [...following].map(([path, words]) => {
    const command = commands.find(({ name }) => name === path)
    return { path, words: [...words].sort(), flags: command === undefined ? [] : flagsOf(command) }
  })
}

/** Choices of flags that have some, and the shells. */
const choices = ({ commands }: Catalogue): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, readonly string[]>()
  for (const command of commands) {
    for (const [name, spec] of Object.entries(optionsOf(command))) {
      if (spec.type === 'text' && spec.choices !== undefined) found.set(`--${name}`, spec.choices)
    }
  }
  return found
}

/** One function for bash; zsh runs the same through bashcompinit, so that both always know the same. */
const bash = (catalogue: Catalogue): string => {
  const cases = nodes(catalogue).map(
    ({ path, words, flags }) => `    '${path}') words='${words.join(' ')}'; flags='${flags.join(' ')}' ;;`,
  )
  const values = [...choices(catalogue)].map(
    ([flag, all]) => `    ${flag}) COMPREPLY=($(compgen -W '${all.join(' ')}' -- "$current")); return ;;`,
  )
  return `# completion of mintmark for bash
_mintmark() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local path='' words='' flags='' word index
  case "$previous" in
${values.join('\n')}
    --*-file|--file|-f) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --data-dir) COMPREPLY=($(compgen -d -- "$current")); return ;;
  esac
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    [[ "$word" == -* ]] && continue
    case " $(_mintmark_words "$path") " in
      *" $word "*) path="\${path:+$path }$word" ;;
    esac
  done
  words="$(_mintmark_words "$path")"; flags="$(_mintmark_flags "$path")"
  if [[ "$current" == -* ]]; then COMPREPLY=($(compgen -W "\${flags:---help}" -- "$current"))
  else COMPREPLY=($(compgen -W "$words" -- "$current")); fi
  [[ "$path" == 'completion' ]] && COMPREPLY=($(compgen -W 'bash zsh fish' -- "$current"))
}
_mintmark_table() {
  case "$1" in
${cases.join('\n')}
  esac
}
_mintmark_words() { local words='' flags=''; _mintmark_table "$1"; echo "$words"; }
_mintmark_flags() { local words='' flags=''; _mintmark_table "$1"; echo "$flags"; }
complete -F _mintmark mintmark
`
}

const zsh = (catalogue: Catalogue): string =>
  `# completion of mintmark for zsh
autoload -Uz bashcompinit && bashcompinit
${bash(catalogue)}`

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const fish = (catalogue: Catalogue): string => {
  const { commands, foreign } = catalogue
  const lines = ['# completion of mintmark for fish', 'complete -c mintmark -f']
  const seen = new Set<string>()
  for (const { name, summary } of [...foreign, ...commands]) {
    const words = name.split(' ')
    for (const [index, word] of words.entries()) {
      const before = words.slice(0, index)
      const key = [...before, word].join(' ')
      if (seen.has(key)) continue
      seen.add(key)
      const last = index === words.length - 1
      lines.push(
        `complete -c mintmark -n ${quoted(nextWord(before, [...commands, ...foreign]))} -a ${quoted(word)} -d ${quoted(last ? summary : `${word} commands`)}`,
      )
    }
  }
  for (const command of commands) {
    for (const [name, spec] of Object.entries(optionsOf(command))) {
      const takes = spec.type === 'switch' ? '' : ' -r'
      const values = spec.type === 'text' && spec.choices !== undefined ? ` -a ${quoted(spec.choices.join(' '))}` : ''
      lines.push(
        `complete -c mintmark -n ${quoted(condition(command.name.split(' ')))} -l ${name}${takes}${values} -d ${quoted(spec.summary)}`,
      )
    }
  }
  lines.push(`complete -c mintmark -n ${quoted(condition(['completion']))} -a 'bash zsh fish'`)
  return `${lines.join('\n')}\n`
}

/** After these words, and before any that may follow them. */
const nextWord = (before: readonly string[], all: readonly { readonly name: string }[]): string => {
  if (before.length === 0) return condition(before)
  const prefix = `${before.join(' ')} `
  const following = all.filter(({ name }) => name.startsWith(prefix)).map(({ name }) => name.split(' ')[before.length])
  return `${condition(before)}; and not __fish_seen_subcommand_from ${[...new Set(following)].join(' ')}`
}

const condition = (words: readonly string[]): string =>
  words.length === 0
    ? '__fish_use_subcommand'
    : words.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ')

const writers = { bash, zsh, fish }

/** @throws CommandFailure usage when the shell is not one of them */
export const completionScript = (shell: string, catalogue: Catalogue): string => {
  if (Object.hasOwn(writers, shell)) return writers[shell as keyof typeof writers](catalogue)
  const shells = Object.keys(writers)
  throw usageFailure(
    `there is no completion for "${shell}"`,
    didYouMean(shell, shells) ?? `there is one for: ${shells.join(', ')}`,
  )
}
