import { spawnSync } from 'node:child_process'

/** One command of a page, possibly of several lines, and the output the page shows for it (none in an `sh` block). */
export type Command = {
  readonly text: string
  readonly line: number
  readonly expected: readonly string[] | undefined
  readonly exit: number
  readonly background: boolean
}

export type Page = {
  /** Whether the page wants `npm start` running before its first command. */
  readonly server: boolean
  /** Whether the page wants a PostgreSQL, with the users and the schema of `deploy/postgres`. */
  readonly postgres: boolean
  /** How long a command may take. */
  readonly timeoutSeconds: number
  readonly commands: readonly Command[]
  /** The blocks that are shown but not run, each with the reason the page gives. */
  readonly notRun: readonly { readonly line: number; readonly reason: string }[]
  /** What is wrong with the page itself, as `line: sentence`. */
  readonly problems: readonly string[]
}

type Fence = {
  readonly language: string
  readonly line: number
  readonly lines: readonly string[]
  readonly comment: string
}

const fenceStart = /^( *)(`{3,}|~{3,})\s*(.*)$/
const comment = /^\s*<!--\s*(.*?)\s*-->\s*$/
const shells = /^(?:bash|shell|zsh|shell-session|terminal)\b/

/** Reads the command blocks of a Markdown page. What the marks mean is written in CONTRIBUTING.md, "Documentation". */
export const parsePage = (markdown: string): Page => {
  const problems: string[] = []
  const commands: Command[] = []
  const notRun: { line: number; reason: string }[] = []
  const { fences, pageSettings } = readFences(markdown)
  const page = readSettings(pageSettings, ['server', 'store', 'timeout'])
  problems.push(...page.problems.map((problem) => `1: ${problem}`))

  for (const { language, line, lines, comment, closed } of fences) {
    const problem = (sentence: string) => problems.push(`${line}: ${sentence}`)
    if (!closed) problem('the fence is not closed')
    if (language === 'sh no-run') {
      const reason = /^not run: (.+)$/.exec(comment)?.[1]
      if (reason === undefined)
        problem('a block that is not run needs "<!-- not run: reason -->" on the line before it')
      else notRun.push({ line, reason })
    } else if (language === 'sh' || language === 'console') {
      const settings = readSettings(comment, ['exit', 'background'])
      for (const sentence of settings.problems) problem(sentence)
      const found = language === 'sh' ? readScript(lines, line) : readConsole(lines, line)
      if (found.length === 0) problem('the block holds no command')
      const background = settings.values.has('background')
      if (background && (language !== 'console' || found.length !== 1)) {
        problem('a background block is a console block of one command with the output to wait for')
      }
      const exit = Number(settings.values.get('exit') ?? 0)
      commands.push(
        ...found.map((command, index) => ({ ...command, background, exit: index === found.length - 1 ? exit : 0 })),
      )
    } else if (shells.test(language)) {
      problem(`"${language}" blocks are not run; write sh (commands) or console (commands and their output)`)
    } else if (lines.some((text) => text.startsWith('$ '))) {
      problem('a block with "$ " lines is a console block')
    }
  }
  return {
    server: page.values.get('server') === 'demo',
    postgres: page.values.get('store') === 'postgres',
    timeoutSeconds: Number(page.values.get('timeout') ?? 60),
    commands,
    notRun,
    problems,
  }
}

const readFences = (markdown: string) => {
  const fences: (Fence & { readonly closed: boolean })[] = []
  const lines = markdown.split('\n')
  let pageSettings = ''
  let before = ''
  for (let index = 0; index < lines.length; index++) {
    const text = lines[index] ?? ''
    const start = fenceStart.exec(text)
    if (start !== null) {
      const [, indent = '', marker = '', language = ''] = start
      const end = lines.findIndex(
        (one, at) => at > index && one.trim().startsWith(marker) && /^[`~]+$/.test(one.trim()),
      )
      const last = end === -1 ? lines.length : end
      const content = lines
        .slice(index + 1, last)
        .map((one) => (one.startsWith(indent) ? one.slice(indent.length) : one))
      fences.push({ language: language.trim(), line: index + 1, lines: content, comment: before, closed: end !== -1 })
      index = last
      before = ''
    } else if (comment.test(text)) {
      before = comment.exec(text)?.[1] ?? ''
      if (fences.length === 0 && /^docs-test:.*(?:server|store|timeout)=/.test(before)) pageSettings = before
    } else if (text.trim() !== '') {
      before = ''
    }
  }
  return { fences, pageSettings }
}

/** Reads `docs-test: name=value name`. Names that are not known here are mistakes, not decoration. */
const readSettings = (text: string, known: readonly string[]) => {
  const values = new Map<string, string>()
  const problems: string[] = []
  const list = /^docs-test:(.*)$/.exec(text)?.[1]?.trim() ?? ''
  for (const entry of list.split(/\s+/).filter(Boolean)) {
    const [name = '', value = ''] = entry.split('=')
    if (['server', 'store', 'timeout'].includes(name) && !known.includes(name)) continue
    if (!known.includes(name)) problems.push(`docs-test does not know "${name}"`)
    else if (name === 'server' && value !== 'demo') problems.push('the only server is "demo"')
    else if (name === 'store' && value !== 'postgres') problems.push('the only store is "postgres"')
    else if (['timeout', 'exit'].includes(name) && !/^\d+$/.test(value)) problems.push(`${name} takes a whole number`)
    else values.set(name, value)
  }
  return { values, problems }
}

type Found = Pick<Command, 'text' | 'line' | 'expected'>

const readScript = (lines: readonly string[], fenceLine: number): Found[] => {
  const found: Found[] = []
  for (let index = 0; index < lines.length; ) {
    const { text, next } = takeCommand(lines, index, (line) => line)
    if (text.trim() !== '' && !/^\s*#/.test(text))
      found.push({ text, line: fenceLine + 1 + index, expected: undefined })
    index = next
  }
  return found
}

const readConsole = (lines: readonly string[], fenceLine: number): Found[] => {
  const found: Found[] = []
  for (let index = 0; index < lines.length; ) {
    if (!lines[index]?.startsWith('$ ')) {
      index++
      continue
    }
    const { text, next } = takeCommand(lines, index, (line, first) => line.replace(first ? /^\$ / : /^> /, ''))
    const end = lines.findIndex((line, at) => at >= next && line.startsWith('$ '))
    const expected = lines.slice(next, end === -1 ? lines.length : end)
    found.push({ text, line: fenceLine + 1 + index, expected })
    index = next
  }
  return found
}

/** One command from `start` on: as many lines as bash needs to see a complete one. */
const takeCommand = (lines: readonly string[], start: number, strip: (line: string, first: boolean) => string) => {
  let text = ''
  for (let index = start; index < lines.length; index++) {
    text += (index === start ? '' : '\n') + strip(lines[index] ?? '', index === start)
    if (isComplete(text)) return { text, next: index + 1 }
  }
  return { text, next: lines.length }
}

const isComplete = (text: string) => {
  if (/\\$/.test(text)) return false
  const { status, stderr } = spawnSync('bash', ['-n'], { input: `${text}\n`, encoding: 'utf8', env: { LC_ALL: 'C' } })
  // An unfinished here-document is only a warning to bash.
  return (status === 0 && stderr === '') || (status !== 0 && !/unexpected (?:EOF|end of file)/.test(stderr))
}
