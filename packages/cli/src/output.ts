import { safeJson } from './terminal/safe-text.ts'
import type { Screen } from './terminal/terminal.ts'

/** Where results go. Everything on stdout is the result; what is said about it goes to stderr. */
export type Output = {
  readonly format: 'table' | 'json'
  readonly screen: Screen
  /** Prints a result: the value for programs, or its rendering for people. */
  readonly result: (value: unknown, render: (screen: Screen) => string) => void
  /** One line of JSON of a stream, or its rendering. */
  readonly line: (value: unknown, render: (screen: Screen) => string) => void
  /** A remark for people, on stderr; not printed with JSON. */
  readonly remark: (text: string) => void
}

export const createOutput = (format: 'table' | 'json', stdout: Screen, stderr: Screen): Output => ({
  format,
  screen: stdout,
  result: (value, render) => {
    stdout.write(format === 'json' ? `${safeJson(value)}\n` : render(stdout))
  },
  line: (value, render) => {
    stdout.write(format === 'json' ? `${safeJson(value, 0)}\n` : render(stdout))
  },
  remark: (text) => {
    if (format !== 'json') stderr.write(`${stderr.paint('dim', text)}\n`)
  },
})
